// A real browser for tests of what people see: one Chromium, a context of its own for each person.
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../tools/package.json', import.meta.url))('playwright-core')
const executablePath = process.env.ADROIT_CHROMIUM

/** Why tests in a browser are skipped here, or `false`. */
export const skip = executablePath ? false : 'no Chromium: `cargo xtask doctor` says how to get one'

export const launch = () =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  })

/** A page on which this person has signed in by the form. */
export async function signIn(browser, url, { email, password = 'adroit-demo' }) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage()
  await page.goto(`${url}/login`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').first().waitFor()
  return page
}
