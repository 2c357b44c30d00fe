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

const WALKS = {
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

    await person.press('Switch on two-step verification');
    await person.look('04-two-step-off');
    await person.press('Switch on');
    await person.look('05-begin');
    await person.press('Begin');
    await person.look('06-confirm');
    await page.getByLabel('Mail password').fill(USER_PASSWORD);
    await person.press('Continue');
    await person.look('07-app');
    await person.press('I have an app');
    await person.look('08-scan');
    const uri = await person.scan('08-qr');
    const key = (await page.locator('#key').innerText()).replaceAll(' ', '');
    expect('picture and key are the same', new URL(uri).searchParams.get('secret') === key);
    const app = new App(uri);
    await person.press('The app shows a code');
    await page.getByLabel('Six-digit code').fill('000000');
    await person.press('Switch on');
    await person.look('09-code-wrong');
    await page.getByLabel('Six-digit code').fill(await app.code());
    await person.press('Switch on');
    await person.at('Two-step verification is on');
    await person.look('10-recovery-codes');
    const codes = await page.locator('.codes li').allInnerTexts();
    expect('ten recovery codes', codes.length === 10);

    await person.press('Set up a phone');
    await person.look('11-set-up');
    await page.getByRole('link', { name: /iPhone and iPad/ }).click();
    await person.look('12-set-up-iphone');
    await person.press('Make a passcode for this device');
    await person.look('13-passcode-new');
    await person.press('Make passcode');
    await person.look('14-passcode-made');
    await person.press('Done');
    await person.look('15-passcodes');
    console.log(person.complaints.join('\n'));
    await person.end();
  },
};

const walk = WALKS[process.argv[2]];
if (!walk) throw new Error(`no walk called ${process.argv[2]}`);
await walk();
