// The browser that looks at the site's pages: signed in as somebody, in a theme, at a width, until a page shows what it
// has to show.
import assert from 'node:assert/strict'
import { PASSWORD } from '../people.mjs'
import { login } from '../product.mjs'

/** How the site is looked at. */
export const VIEWS = {
  light: { width: 1440, height: 900, theme: 'light' },
  dark: { width: 1440, height: 900, theme: 'dark' },
  narrow: { width: 390, height: 844, theme: 'light' },
}

/**
 * A page of somebody's own browser; what its scripts complained about gathers in `complaints`.
 * @param who a role of the demo, `nobody`, or a person of `people.mjs`
 */
export async function enter(browser, url, who, { width, height, theme }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' })
  if (who !== 'nobody') {
    const data = typeof who === 'string' ? { ...login, email: `${who}@demo.test` } : { email: who.email, password: PASSWORD }
    const answer = await context.request.post(`${url}/auth/login`, { data })
    assert.equal(answer.status(), 200, await answer.text())
  }
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(`${message.text()} (${message.location().url})`))
  return { page, complaints, leave: () => context.close() }
}

/** Opens a line of the table and waits until it shows what it has to show. */
export async function open(page, url, line, ids) {
  await page.goto(url + (line.path ? line.path(ids) : line.route))
  const there = line.shows.startsWith('css=') ? page.locator(line.shows) : page.getByText(line.shows)
  await there.first().waitFor({ timeout: 20_000 })
  await line.act?.(page)
  await settle(page)
}

/** Waits until nothing is loading any more, pictures and fonts included. */
export async function settle(page) {
  await page.waitForFunction(() => !document.querySelector('[role=status][aria-label^="Loading"], [role=status][aria-label^="Working"], .animate-pulse, .animate-spin'), null, { timeout: 20_000 })
  await page.evaluate(async () => {
    await document.fonts.ready
    await Promise.all([...document.images].filter((image) => image.loading !== 'lazy').map((image) => image.decode().catch(() => {})))
  })
  await page.waitForTimeout(250)
}
