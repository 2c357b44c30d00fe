// Walks the portal in Chromium as a person would. `node walk.mjs NAME`; the surroundings come from
// main.rs in the environment. Prints what it did; anything unexpected ends it with an error.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { PORTAL, PICTURES, USER_NAME, USER_PASSWORD } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

function expect(what, truth) {
  if (!truth) throw new Error(`not so: ${what}`);
}

/** One browser with its own cookies. */
class Person {
  static async start(options = {}) {
    const person = new Person();
    person.profile = mkdtempSync(join(tmpdir(), 'airgate-browser-'));
    person.context = await chromium.launchPersistentContext(person.profile, {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      ignoreHTTPSErrors: true,
      // axe is put into the page past the policy; the policy itself is tested without it.
      bypassCSP: options.bypassCSP ?? true,
      javaScriptEnabled: options.javaScript ?? true,
      locale: options.locale ?? 'en-GB',
      colorScheme: options.colorScheme ?? 'light',
      viewport: options.viewport ?? { width: 1100, height: 820 },
      acceptDownloads: true,
    });
    person.page = person.context.pages()[0] ?? (await person.context.newPage());
    person.complaints = [];
    person.page.on('console', (message) => {
      if (message.type() === 'error') person.complaints.push(message.text());
    });
    person.page.on('requestfailed', (request) => person.complaints.push(request.url()));
    return person;
  }

  async end() {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }

  async open(path) {
    return this.page.goto(PORTAL + path);
  }

  async press(name) {
    const { page } = this;
    await page.getByRole('button', { name, exact: true }).or(page.getByRole('link', { name, exact: true })).first().click();
    await page.waitForLoadState();
  }

  async title() {
    return this.page.locator('h1').first().innerText();
  }

  async at(title) {
    const seen = await this.title();
    expect(`the page is "${title}", it is "${seen}" at ${this.page.url()}`, seen === title);
  }

  /** A picture of the page, and axe's word on it. */
  async look(name) {
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    await this.judge(name);
  }

  async judge(name) {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() => window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }));
    const serious = found.violations.filter((one) => ['serious', 'critical', 'moderate'].includes(one.impact));
    if (serious.length > 0) {
      const told = serious.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`);
      throw new Error(`${name}: axe found\n${told.join('\n')}`);
    }
  }

  /** The page as a printer gets it. */
  async print(name) {
    await this.page.emulateMedia({ media: 'print' });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    const seen = await this.page.evaluate(() => document.body.innerText);
    await this.page.emulateMedia({ media: 'screen' });
    return seen;
  }

  /** Nothing of the page lies beyond the edge of the screen, and no word is torn apart. */
  async fits(name) {
    const found = await this.page.evaluate(() => {
      const wide = document.documentElement.scrollWidth > window.innerWidth;
      const torn = [];
      const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        // Ids of devices and the like are longer and may break; so may words at a hyphen.
        for (const match of node.data.matchAll(/[^\s/-]+/gu)) {
          const length = match[0].length;
          if (length < 2 || length > 24 || (length > 12 && /\d/.test(match[0]))) continue;
          const range = document.createRange();
          range.setStart(node, match.index);
          range.setEnd(node, match.index + match[0].length);
          const tops = new Set([...range.getClientRects()].filter((one) => one.width > 0).map((one) => Math.round(one.top)));
          if (tops.size > 1) torn.push(match[0]);
        }
      }
      return { wide, torn };
    });
    expect(`${name} fits a small screen`, !found.wide);
    expect(`${name} keeps words whole: ${found.torn.join(', ')}`, found.torn.length === 0);
  }

  /** Presses Tab until what has the focus is called so; the focus must be seen. */
  async tabTo(name) {
    const { page } = this;
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const one = document.activeElement;
        const label = one.labels?.[0]?.innerText ?? one.innerText ?? '';
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return { label: label.trim(), seen: outlineStyle !== 'none' && outlineWidth !== '0px' };
      });
      if (name instanceof RegExp ? name.test(at.label) : at.label === name) {
        expect(`the focus on "${at.label}" is seen`, at.seen);
        return;
      }
    }
    throw new Error(`not so: Tab leads to "${name}" at ${page.url()}`);
  }

  /** A key that leads to another page. */
  async key(name) {
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press(name)]);
  }

  async signIn(user = USER_NAME, password = USER_PASSWORD) {
    await this.open('/account/sign-in');
    await this.page.getByLabel('Mail address').fill(user);
    await this.page.getByLabel('Mail password').fill(password);
    await this.press('Sign in');
  }

  /** What a QR code in the page says, as a camera sees it. */
  async scan(name) {
    const path = join(PICTURES, `${name}.png`);
    const code = this.page.getByRole('img', { name: /QR/ }).first();
    await code.screenshot({ path, scale: 'css' });
    return execFileSync('zbarimg', ['--quiet', '--raw', path], { encoding: 'utf8' }).trim();
  }
}

/** The code an authenticator app shows for an address out of its QR code. */
function codeOf(uri, at) {
  const secret = new URL(uri).searchParams.get('secret');
  const args = ['--totp', '--base32', secret];
  if (at) args.push('--now', at);
  return execFileSync('oathtool', args, { encoding: 'utf8' }).trim();
}

/** Codes are good once: the next one, if this one was used. One step ahead is within the grace. */
class App {
  constructor(uri) {
    this.uri = uri;
    this.used = 0;
  }

  async code() {
    for (;;) {
      const now = Math.floor(Date.now() / 1000);
      for (const ahead of [0, 30]) {
        const step = Math.floor((now + ahead) / 30);
        if (step > this.used) {
          this.used = step;
          return codeOf(this.uri, `@${step * 30}`);
        }
      }
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

/** Signs in with both steps. */
async function enter(person, app, user = USER_NAME, password = USER_PASSWORD, root = '/account') {
  await person.open(`${root}/sign-in`);
  await person.page.getByLabel('Mail address').fill(user);
  await person.page.getByLabel('Mail password').fill(password);
  await person.press('Sign in');
  await person.page.getByLabel('Six-digit code').fill(await app.code());
  await person.press('Continue');
}

/** From no second step to one; gives the app and the recovery codes. */
async function switchOn(person, password, look = async () => {}) {
  const { page } = person;
  await person.open('/account/two-step');
  await look('04-two-step-off');
  await person.press('Switch on');
  await look('05-begin');
  await person.press('Begin');
  await look('06-confirm');
  await page.getByLabel('Mail password').fill(password);
  await person.press('Continue');
  await look('07-app');
  await person.press('I have an app');
  await look('08-scan');
  const uri = await person.scan('08-qr');
  const key = (await page.locator('#key').innerText()).replaceAll(' ', '');
  expect('picture and key are the same', new URL(uri).searchParams.get('secret') === key);
  const app = new App(uri);
  await person.press('The app shows a code');
  await page.getByLabel('Six-digit code').fill('000000');
  await person.press('Switch on');
  await look('09-code-wrong');
  await page.getByLabel('Six-digit code').fill(await app.code());
  await person.press('Switch on');
  await person.at('Two-step verification is on');
  await look('10-recovery-codes');
  const codes = await page.locator('.codes li').allInnerTexts();
  expect('ten recovery codes', codes.length === 10);
  const printed = await person.print('10-recovery-codes-printed');
  expect('all codes are on the paper', codes.every((code) => printed.includes(code)));
  expect('and no buttons', !/Set up a phone|Sign out/.test(printed));
  return { app, codes };
}

const FAMILIES = ['iphone', 'android', 'samsung', 'blackberry', 'windows-phone', 'outlook', 'thunderbird'];

const WALKS = {
  /** A user switches two steps on and makes a passcode for an iPhone. */
  async first() {
    const person = await Person.start();
    const { page } = person;
    await person.open('/account');
    await person.at('Sign in');
    await person.look('01-sign-in');
    await person.signIn(USER_NAME, 'wrong');
    await person.look('02-sign-in-wrong');
    await person.signIn();
    await person.at('Your mail on your devices');
    await person.look('03-overview');
    const { app } = await switchOn(person, USER_PASSWORD, (name) => person.look(name));

    await person.press('Set up a phone');
    await person.look('11-set-up');
    await page.getByRole('link', { name: /iPhone and iPad/ }).click();
    await person.look('12-set-up-iphone');
    await person.press('Make a passcode for this device');
    await person.look('13-passcode-new');
    await person.press('Make passcode');
    await person.look('14-passcode-made');
    const passcode = await page.locator('#passcode').innerText();
    expect('the picture is the passcode', (await person.scan('14-passcode-qr')) === passcode);
    const link = await page.locator('#link').getAttribute('href');
    const pictured = page.getByRole('img', { name: /link to the profile/ });
    await pictured.screenshot({ path: join(PICTURES, '14-link-qr.png') });
    const scanned = execFileSync('zbarimg', ['--quiet', '--raw', join(PICTURES, '14-link-qr.png')], { encoding: 'utf8' }).trim();
    expect('the picture is the link', scanned === link);

    // The iPhone opens the link: another browser, small and German.
    const phone = await Person.start({ locale: 'de-DE', viewport: { width: 390, height: 844 } });
    await phone.page.goto(link);
    await phone.look('16-link-on-the-phone');
    const waits = phone.page.waitForEvent('download');
    await phone.page.getByRole('button', { name: 'Profil laden' }).click();
    const profile = await (await waits).path();
    writeFileSync(join(PICTURES, 'mail.mobileconfig'), readFileSync(profile));
    await phone.page.goto(link);
    await phone.at('Dieser Link gilt nicht mehr');
    await phone.fits('the link that is used up');
    await phone.look('17-link-used-up');
    await phone.end();

    await person.press('Done');
    await person.look('15-passcodes');
    await person.end();
    console.log(`RESULT ${JSON.stringify({ passcode, uri: app.uri, used: app.used })}`);
  },

  /** The phone is there: the user looks at it, renames and revokes its passcode. */
  async second() {
    const app = new App(process.env.APP_URI);
    app.used = Number(process.env.APP_USED);
    const person = await Person.start();
    const { page } = person;
    await person.signIn();
    await person.look('20-second-step');
    await page.getByRole('link', { name: /use a recovery code/ }).click();
    await person.look('21-recovery');
    await page.getByRole('link', { name: 'Use the app instead' }).click();
    await page.getByLabel('Six-digit code').fill(await app.code());
    await page.getByLabel(/Do not ask for a code/).check();
    await person.press('Continue');
    await person.look('22-overview-on');
    await page.getByRole('navigation').getByRole('link', { name: 'Devices' }).click();
    const card = page.locator('section.card').filter({ hasText: process.env.DEVICE_ID });
    expect('the device is in the list', (await card.count()) === 1);
    const said = await card.innerText();
    for (const part of ['iPhone', 'Last sync', 'mail folders (1)', 'iPhone and iPad', 'EAS', 'allowed']) {
      expect(`the list says ${part}: ${said}`, said.includes(part));
    }
    await person.look('23-devices');
    await page.getByRole('link', { name: 'Erase the whole device' }).first().click();
    await person.look('24-wipe');
    await page.getByRole('textbox').fill('something else');
    await person.press('Erase everything on it');
    await person.look('25-wipe-mistyped');
    await person.press('Cancel');
    await page.getByRole('navigation').getByRole('link', { name: 'Two-step verification' }).click();
    await person.look('26-two-step-on');
    await page.getByRole('link', { name: 'Switch off' }).click();
    await person.look('27-two-step-off-question');
    await page.getByRole('navigation').getByRole('link', { name: 'Sign-ins' }).click();
    await person.look('28-sign-ins');
    await page.getByRole('navigation').getByRole('link', { name: 'Passcodes' }).click();
    await page.locator('summary', { hasText: 'Revoke' }).first().click();
    await person.look('29-passcodes-in-use');
    await page.getByRole('button', { name: /^Revoke “/ }).first().click();
    await page.getByText('The passcode is revoked').waitFor();
    await person.look('30-revoked');
    await person.end();
    console.log(`RESULT ${JSON.stringify({ revoked: Date.now() })}`);
  },

  /** A phone was careless: the user gets back what it deleted. */
  async undo() {
    // What the small screens look like first, before anything is back.
    for (const [locale, button] of [['de-DE', 'Ausgewähltes zurückholen'], ['fr-FR', 'Rétablir ce qui est coché']]) {
      const small = await Person.start({ locale, colorScheme: 'dark', viewport: { width: 390, height: 844 } });
      await small.open('/account/sign-in');
      await small.page.locator('#user').fill(USER_NAME);
      await small.page.locator('#password').fill(USER_PASSWORD);
      await small.page.locator('main button').first().click();
      await small.open('/account/undo');
      expect('it fits a small screen', !(await small.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)));
      await small.look(`undo-${locale.slice(0, 2)}-dark`);
      await small.page.locator('.picks input').first().check();
      await small.press(button);
      await small.look(`undo-${locale.slice(0, 2)}-dark-question`);
      await small.end();
    }
    const person = await Person.start();
    const { page } = person;
    await person.signIn();
    await page.getByRole('navigation').getByRole('link', { name: 'Undo' }).click();
    await person.at('Undo');
    await person.look('31-undo');
    await person.press('Bring back what is ticked');
    await person.look('32-undo-nothing-ticked');
    await page.getByLabel(/Dinner with Grandmother/).check();
    await person.press('Bring back what is ticked');
    await person.at('Bring this back?');
    await person.look('33-undo-question');
    await person.press('Bring it back');
    await page.getByText('It is back.').waitFor();
    await person.look('34-undo-done');
    await person.press('Bring back all 2 deleted ones on this page');
    await person.look('35-undo-all');
    await person.press('Bring it back');
    await page.getByText('It is back.').waitFor();
    await page.getByLabel(/Hand in the tax return/).check();
    await person.press('Bring back what is ticked');
    await person.press('Bring it back');
    await page.getByText('It is back.').waitFor();
    await person.look('36-undo-replaced');
    await person.end();
  },

  /** Every page in the dark, on a small screen, in German; in French on the smallest; and wide. */
  async shapes() {
    const person = await Person.start({
      locale: 'de-DE', colorScheme: 'dark', viewport: { width: 390, height: 844 },
    });
    const { page } = person;
    await person.open('/account/sign-in');
    await person.fits('signing in');
    await person.look('dark-sign-in');
    await page.locator('#user').fill(USER_NAME);
    await page.locator('#password').fill(USER_PASSWORD);
    await person.press('Anmelden');
    const device = '/devices/' + process.env.DEVICE_ID;
    const pages = ['', '/set-up', ...FAMILIES.map((family) => `/set-up/${family}`), '/passcodes', '/passcodes/new',
      '/devices', `${device}/wipe`, `${device}/remove`, '/undo', '/two-step', '/two-step/begin', '/security', '/confirm', '/nowhere'];
    const named = (path) => path.replace(process.env.DEVICE_ID, 'device').replaceAll('/', '-');
    for (const path of pages) {
      await person.open(`/account${path}`);
      await person.fits(path || '/');
      await person.look(`dark${named(path)}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.getByRole('button', { name: 'Français' }).click();
    for (const path of pages) {
      await person.open(`/account${path}`);
      await person.fits(path || '/');
      await person.look(`french${named(path)}`);
    }
    await page.setViewportSize({ width: 1100, height: 820 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const path of ['', '/passcodes', '/devices', '/security', '/set-up/iphone']) {
      await person.open(`/account${path}`);
      await person.look(`wide-dark${named(path)}`);
    }
    await person.end();
    const guest = await Person.start();
    for (const family of FAMILIES) {
      await guest.open(`/account/set-up/${family}`);
      await guest.look(`guest-${family}`);
    }
    await guest.end();
  },

  /** What people see when something is wrong. */
  async troubles() {
    const person = await Person.start({ locale: 'de-DE', viewport: { width: 390, height: 844 } });
    const { page } = person;
    const look = async (name) => {
      await person.fits(name);
      await person.look(name);
    };
    await person.open('/account/nowhere');
    await look('trouble-not-found');
    await person.open('/account/link/nothing');
    await look('trouble-link');
    // A form of yesterday.
    await person.open('/account/sign-in');
    await page.locator('main input[name=proof]').evaluate((one) => { one.value = 'stale'; });
    await page.locator('#user').fill(USER_NAME);
    await page.locator('#password').fill(USER_PASSWORD);
    await person.press('Anmelden');
    await person.at('Bitte versuchen Sie es noch einmal');
    await look('trouble-forged');
    // Somebody who is no administrator.
    await person.open('/admin/sign-in');
    await page.locator('#user').fill(USER_NAME);
    await page.locator('#password').fill(USER_PASSWORD);
    await page.locator('main button').first().click();
    await person.at('Nicht mit diesem Konto');
    await look('trouble-forbidden');
    for (let tries = 0; tries < 9; tries += 1) {
      await person.open('/account/sign-in');
      await page.locator('#user').fill(USER_NAME);
      await page.locator('#password').fill(`guess ${tries}`);
      await person.press('Anmelden');
    }
    await person.at('Bitte etwas langsamer');
    await look('trouble-throttled');
    await person.end();
  },

  /** The mail server does not answer. */
  async down() {
    const person = await Person.start({ locale: 'fr-FR', viewport: { width: 390, height: 844 } });
    await person.open('/account/sign-in');
    await person.page.locator('#user').fill(USER_NAME);
    await person.page.locator('#password').fill(USER_PASSWORD);
    await person.press('Se connecter');
    await person.at('Le serveur de messagerie ne répond pas');
    await person.fits('trouble-down');
    await person.look('trouble-down');
    await person.end();
  },

  /** The main job with the keyboard alone: sign in, make a passcode, revoke it, sign out. */
  async keyboard() {
    const person = await Person.start();
    const { page } = person;
    await person.open('/account/sign-in');
    // The first field has the focus already.
    await page.keyboard.type(USER_NAME);
    await person.tabTo('Mail password');
    await page.keyboard.type(USER_PASSWORD);
    await person.key('Enter');
    await person.at('Your mail on your devices');
    await person.tabTo('Skip to the content');
    await page.screenshot({ path: join(PICTURES, 'keyboard-skip.png') });
    await person.tabTo('Passcodes');
    await page.screenshot({ path: join(PICTURES, 'keyboard-focus.png') });
    await person.key('Enter');
    await person.at('Passcodes');
    await person.tabTo('Make a passcode');
    await person.key('Enter');
    if ((await person.title()) === 'Is it still you?') {
      await page.keyboard.type(USER_PASSWORD);
      await person.key('Enter');
    }
    await person.tabTo('Name');
    await page.keyboard.type('Typed');
    await person.tabTo('tasks');
    await page.keyboard.press('Space');
    await person.tabTo('Make passcode');
    await person.key('Enter');
    await person.at('Passcode for “Typed”');
    await person.tabTo('Done');
    await person.key('Enter');
    const card = await page.locator('section.card').filter({ hasText: 'Typed' }).innerText();
    expect(`no tasks: ${card}`, /read mail/.test(card) && !/tasks/.test(card));
    await person.tabTo('Revoke');
    await page.keyboard.press('Enter');
    await person.tabTo('Revoke “Typed”');
    await person.key('Enter');
    await page.getByText('The passcode is revoked').waitFor();
    await person.tabTo('Sign out');
    await person.key('Enter');
    await person.at('Sign in');
    await person.end();
  },

  /** Without scripts, with the page's own policy in force: nothing is missed, nothing complains. */
  async bare() {
    const person = await Person.start({ javaScript: false, bypassCSP: false });
    const { page } = person;
    await person.signIn();
    await person.at('Your mail on your devices');
    await person.open('/account/passcodes/new');
    await page.getByLabel('Name').fill('Tablet');
    await person.press('Make passcode');
    await person.at('Passcode for “Tablet”');
    await person.press('Done');
    await page.locator('summary', { hasText: 'Revoke' }).first().click();
    await page.getByRole('button', { name: /^Revoke “/ }).click();
    await page.getByText('The passcode is revoked').waitFor();
    // With the keyboard alone: the first stop leads past the navigation.
    await page.keyboard.press('Tab');
    const focused = await page.locator(':focus').innerText();
    expect(`the first stop is the way to the content, it is "${focused}"`, focused === 'Skip to the content');
    // The whole way to the second step as well.
    await switchOn(person, USER_PASSWORD);
    for (const path of ['', '/set-up/iphone', '/devices', '/security', '/two-step']) {
      const answer = await person.open(`/account${path}`);
      expect(`${path} is there`, answer.status() === 200);
    }
    await person.press('Sign out');
    await person.at('Sign in');
    // The wrong code was meant to be refused.
    const real = person.complaints.filter((one) => !/favicon|status of 422/.test(one));
    expect(`nothing complains: ${real.join('\n')}`, real.length === 0);
    await person.end();
  },

  /** An administrator. */
  async admin() {
    const { ADMIN_NAME, ADMIN_PASSWORD } = process.env;
    const own = await Person.start();
    await own.signIn(ADMIN_NAME, ADMIN_PASSWORD);
    const { app } = await switchOn(own, ADMIN_PASSWORD);
    await own.end();
    const person = await Person.start();
    const { page } = person;
    await person.open('/admin/sign-in');
    await person.look('40-admin-sign-in');
    await enter(person, app, ADMIN_NAME, ADMIN_PASSWORD, '/admin');
    await person.at('Users');
    await person.look('41-users');
    await page.getByRole('link', { name: USER_NAME }).click();
    await person.look('42-user');
    for (const [name, picture] of [['Quarantine', '43-rules'], ['Policy', '44-policy'], ['Slowed down', '45-slowed'], ['Audit log', '46-audit']]) {
      await page.getByRole('navigation').getByRole('link', { name }).click();
      await person.look(picture);
    }
    await person.open(`/admin/policy?of=${USER_NAME}`);
    await person.look('47-preview');

    // Everything has something in it now: a rule, policies, somebody who is slowed down.
    const guesser = await Person.start();
    await guesser.signIn(ADMIN_NAME, ADMIN_PASSWORD);
    for (let tries = 0; tries < 7; tries += 1) {
      await guesser.open('/account/sign-in/code');
      await guesser.page.getByLabel('Six-digit code').fill('000000');
      await guesser.press('Continue');
    }
    await guesser.end();
    await page.getByRole('navigation').getByRole('link', { name: 'Quarantine' }).click();
    await page.getByLabel('Device type').fill('BadPhone*');
    await page.getByLabel('Decision').selectOption('quarantine');
    await person.press('Add a rule');
    const stranger = await Person.start();
    for (let tries = 0; tries < 9; tries += 1) await stranger.signIn(USER_NAME, `guess ${tries}`);
    const views = ['', `/users/${USER_NAME}`, '/devices', '/policy', `/policy?of=${USER_NAME}`, '/throttled', '/audit'];
    const named = (path) => path.replace(USER_NAME, 'user').replace(/[/?=]+/g, '-');
    await person.open('/admin/throttled');
    const slowed = await page.locator('main').innerText();
    await person.look('admin-slowed');
    for (const why of ['in an unknown browser', 'wrong one-time or recovery codes']) {
      expect(`it says ${why}: ${slowed}`, slowed.includes(why));
    }
    await stranger.end();
    for (const path of views) {
      await person.open(`/admin${path}`);
      await person.look(`admin-full${named(path)}`);
    }
    await person.press('Deutsch');
    await person.at('Protokoll');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of views) {
      await person.open(`/admin${path}`);
      await person.fits(path || '/admin');
      await person.look(`admin-dark${named(path)}`);
    }
    await person.press('Français');
    await person.at('Journal');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1100, height: 820 });
    for (const path of views) {
      await person.open(`/admin${path}`);
      await person.look(`admin-french${named(path)}`);
    }
    await person.end();
  },
};

const walk = WALKS[process.argv[2]];
if (!walk) throw new Error(`no walk called ${process.argv[2]}`);
await walk();
