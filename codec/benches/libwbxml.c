/* Times libwbxml (Debian: libwbxml2-dev) on one document, for benches/wbxml.rs beside our own figures.
 *
 *   libwbxml FILE.wbxml ROUNDS
 *
 * Prints a line per measurement, its name and the best of ROUNDS in seconds. Everything runs in one process, so
 * that no start-up is in the figures. The conversions are its public interface; parser and tree are exported by the
 * library though Debian ships no header for them, hence the declarations. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wbxml/wbxml.h>

typedef struct WBXMLParser_s WBXMLParser;
typedef struct WBXMLTree_s WBXMLTree;
extern WBXMLParser *wbxml_parser_create(void);
extern void wbxml_parser_destroy(WBXMLParser *parser);
extern WBXMLError wbxml_parser_parse(WBXMLParser *parser, WB_UTINY *wbxml, WB_ULONG length);
extern WB_BOOL wbxml_parser_set_language(WBXMLParser *parser, WBXMLLanguage language);
extern WBXMLError wbxml_tree_from_wbxml(WB_UTINY *wbxml, WB_ULONG length, WBXMLLanguage language,
                                        WBXMLCharsetMIBEnum charset, WBXMLTree **tree);
extern WBXMLError wbxml_tree_to_wbxml(WBXMLTree *tree, WB_UTINY **wbxml, WB_ULONG *length,
                                      WBXMLGenWBXMLParams *params);
extern void wbxml_tree_destroy(WBXMLTree *tree);

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(const char *what, WBXMLError error) {
    if (error != WBXML_OK) {
        fprintf(stderr, "%s: %s\n", what, (const char *)wbxml_errors_string(error));
        exit(1);
    }
}

#define BEST(name, work)                                                                                               \
    do {                                                                                                               \
        double best = 1e9;                                                                                             \
        for (int round = 0; round < rounds; round++) {                                                                 \
            double start = now();                                                                                      \
            work;                                                                                                      \
            double took = now() - start;                                                                               \
            if (took < best) best = took;                                                                              \
        }                                                                                                              \
        printf("%s %.9f\n", name, best);                                                                               \
    } while (0)

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int rounds = atoi(argv[2]);
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 2;
    static WB_UTINY in[64 << 20];
    WB_ULONG length = (WB_ULONG)fread(in, 1, sizeof in, file);
    fclose(file);

    BEST("parse", {
        WBXMLParser *parser = wbxml_parser_create();
        wbxml_parser_set_language(parser, WBXML_LANG_ACTIVESYNC);
        check("parse", wbxml_parser_parse(parser, in, length));
        wbxml_parser_destroy(parser);
    });

    WBXMLTree *tree = NULL;
    check("tree", wbxml_tree_from_wbxml(in, length, WBXML_LANG_ACTIVESYNC, WBXML_CHARSET_UNKNOWN, &tree));
    WBXMLGenWBXMLParams binary = {.wbxml_version = WBXML_VERSION_13, .keep_ignorable_ws = TRUE, .use_strtbl = FALSE,
                                  .produce_anonymous = TRUE};
    WB_UTINY *out = NULL;
    WB_ULONG out_length = 0;
    BEST("write", {
        check("write", wbxml_tree_to_wbxml(tree, &out, &out_length, &binary));
        free(out);
    });
    wbxml_tree_destroy(tree);

    WBXMLGenXMLParams text = {.gen_type = WBXML_GEN_XML_COMPACT, .lang = WBXML_LANG_ACTIVESYNC,
                              .charset = WBXML_CHARSET_UNKNOWN, .indent = 0, .keep_ignorable_ws = TRUE};
    WB_UTINY *xml = NULL;
    WB_ULONG xml_length = 0;
    BEST("to_xml", {
        free(xml);
        check("to_xml", wbxml_conv_wbxml2xml_withlen(in, length, &xml, &xml_length, &text));
    });
    BEST("from_xml", {
        check("from_xml", wbxml_conv_xml2wbxml_withlen(xml, xml_length, &out, &out_length, &binary));
        free(out);
    });
    free(xml);
    return 0;
}
