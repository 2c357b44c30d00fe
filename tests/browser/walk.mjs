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

  /** Every page in the dark, on a small screen, in German; and in French. */
  async shapes() {
    const person = await Person.start({
      locale: 'de-DE', colorScheme: 'dark', viewport: { width: 390, height: 844 },
    });
    await person.open('/account/sign-in');
    await person.page.locator('#user').fill(USER_NAME);
    await person.page.locator('#password').fill(USER_PASSWORD);
    await person.press('Anmelden');
    const pages = ['', '/set-up', ...FAMILIES.map((family) => `/set-up/${family}`), '/passcodes', '/passcodes/new',
      '/devices', '/two-step', '/two-step/begin', '/security', '/confirm', '/nowhere'];
    for (const path of pages) {
      await person.open(`/account${path}`);
      const wide = await person.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(`${path || '/'} fits a small screen`, !wide);
      await person.look(`dark${path.replaceAll('/', '-')}`);
    }
    await person.page.getByRole('button', { name: 'Français' }).click();
    await person.open('/account');
    await person.look('french');
    await person.end();
    const guest = await Person.start();
    for (const family of FAMILIES) {
      await guest.open(`/account/set-up/${family}`);
      await guest.look(`guest-${family}`);
    }
    await guest.end();
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
    await person.press('Sign out');
    await person.at('Sign in');
    const real = person.complaints.filter((one) => !/favicon/.test(one));
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
    await person.end();
  },
};

const walk = WALKS[process.argv[2]];
if (!walk) throw new Error(`no walk called ${process.argv[2]}`);
await walk();
