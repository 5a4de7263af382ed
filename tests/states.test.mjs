// Every page of the site when things are not as usual: in a shop with nothing in it, while answers are on their way, when
// the API fails or cannot be reached, and when the session has ended.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { beyond, hindrances } from './looks.mjs'
import { PASSWORD, shop as tenant } from './people.mjs'
import { eventually, start } from './product.mjs'
import { launch, skip } from './screen.mjs'
import { stock } from './small_shop.mjs'
import { enter, settle, VIEWS } from './tour/browser.mjs'
import { PAGES } from './tour/pages.mjs'

/** What the API says while it fails. */
const WORDS = 'The warehouse does not answer.'
const INSIDE = PAGES.filter((line) => !['nobody', 'newcomer'].includes(line.who))
/** Pages that read nothing when they open, so that nothing on them can fail or be waited for. */
const STILL = new Set(['builder-plan', 'install'])
/** What pages say whose answer is a stream: browsers do not tell why one failed. */
const STREAMS = { live: 'No connection to the live stream' }
const READING = INSIDE.filter((line) => !STILL.has(line.name))

let product, browser, empty, team, ids
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  empty = await tenant(product.url, 'Empty shop')
  team = await tenant(product.url, 'Small shop')
  ids = await stock(product, team)
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

/** The pages that people of a shop have open, one for each who looks. */
function desks(shop, prepare = async () => {}) {
  const visits = new Map()
  after(async () => {
    for (const { leave } of visits.values()) await leave()
  })
  return async (who) => {
    if (!visits.has(who)) {
      const visit = await enter(browser, product.url, who === 'nobody' ? who : shop()[who], VIEWS.light)
      visits.set(who, { ...visit, ...(await prepare(visit.page)) })
    }
    const visit = visits.get(who)
    visit.complaints.length = 0
    return visit
  }
}

/** What a page must never say. */
async function sense(page) {
  const text = await page.locator('body').innerText()
  assert.doesNotMatch(text, /\b(undefined|NaN|null|Infinity)\b|Invalid Date|\[object /)
}

/** The API as one page meets it: it answers, keeps silent, or fails. Who one is it always says. */
async function between(page) {
  const api = { is: 'up', waiting: [] }
  const meet = (route) => {
    if (api.is === 'silent') return void api.waiting.push(route)
    if (api.is === 'failing') return route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ title: 'The server had a problem', status: 500, detail: WORDS }) })
    return route.continue()
  }
  await page.route(
    ({ pathname }) => pathname !== '/me' && !/\.(js|css|woff2|svg|png)$/.test(pathname),
    (route) => (['fetch', 'xhr', 'eventsource'].includes(route.request().resourceType()) ? meet(route) : route.continue()),
  )
  /** From now on it is so, for what waits, too. */
  const becomes = async (is) => {
    api.is = is
    // One that was given up meanwhile can be answered no more.
    for (const route of api.waiting.splice(0)) await Promise.resolve(meet(route)).catch(() => {})
  }
  return { becomes }
}

/** Where what must not move is, however far the page was scrolled. */
const anchors = (page) => page.evaluate(() => ['header', 'main'].map((name) => {
  const { x, y, width } = document.querySelector(name).getBoundingClientRect()
  return { name, x, y: name === 'main' ? y + window.scrollY : y, width }
}))

/** Waits until the page says that it loads. */
const busy = (page) =>
  page.waitForFunction(() => [...document.querySelectorAll('main [aria-busy=true], main [role=status]')].some((one) => one.checkVisibility() && (one.ariaBusy === 'true' || (one.ariaLabel ?? one.innerText).trim())), null, { timeout: 5000 })

/** Presses every "Try again" until there is none. */
async function tryAgain(page) {
  const button = page.getByRole('button', { name: 'Try again' }).first()
  await eventually(
    async () => {
      if (await button.isVisible()) await button.click({ timeout: 1000 })
      assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0, 'there is still something to try again')
    },
    { within: 10_000 },
  )
  await settle(page)
  assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [])
}

describe('in a shop with nothing in it', { skip }, () => {
  const desk = desks(() => empty)
  const nowhere = new Proxy({}, { get: () => 'nowhere' })
  // Pages that differ only in what they show of something are one where there is nothing.
  const once = PAGES.filter((line, at) => PAGES.findIndex(({ route, empty: { says } }) => route === line.route && says === line.empty.says) === at)
  for (const line of once) {
    test(line.name, async () => {
      const { page, complaints } = await desk(line.who)
      const path = line.empty.path ?? line.path?.(nowhere) ?? line.route
      await page.setViewportSize(VIEWS.light)
      await page.goto(product.url + path)
      await page.getByText(line.empty.says).first().waitFor({ timeout: 10_000 })
      await settle(page)
      if (line.empty.next) {
        const name = line.empty.next
        const main = page.getByRole('main')
        assert.ok(await main.getByRole('link', { name }).or(main.getByRole('button', { name })).first().isVisible(), `there is no ${name}`)
      }
      assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0, 'what is not there is tried again')
      await sense(page)
      // That something is not there is an answer, which browsers complain about all the same.
      assert.deepEqual(complaints.filter((text) => !/\b404\b.*nowhere|\b404\b.*invitations/.test(text)), [])
      assert.deepEqual(await hindrances(page), [])
      await page.setViewportSize(VIEWS.narrow)
      assert.deepEqual(await beyond(page), [])
    })
  }
})

describe('while answers are on their way, when they are failures, and without a network', { skip }, () => {
  const desk = desks(
    () => team,
    async (page) => {
      await page.clock.install()
      return between(page)
    },
  )
  for (const line of READING) {
    test(line.name, async () => {
      const { page, complaints, becomes } = await desk(line.who)
      const main = page.getByRole('main')
      /** Something on the page says this, at the latest when all was tried that is tried by itself. */
      const says = (text) =>
        eventually(async () => {
          await page.clock.fastForward(2500)
          assert.ok(await main.getByRole('alert').filter({ hasText: text }).first().isVisible(), `nobody says: ${text}`)
        })
      await page.context().setOffline(false)
      await becomes('silent')
      await page.goto(product.url + (line.path?.(ids) ?? line.route))
      await busy(page)
      assert.equal(await main.getByRole('alert').count(), 0)
      const before = await anchors(page)

      await becomes('failing')
      await says(STREAMS[line.name] ?? WORDS)
      await settle(page)
      await sense(page)

      await becomes('up')
      await page.context().setOffline(true)
      await main.getByRole('button', { name: 'Try again' }).first().click()
      await says(STREAMS[line.name] ?? 'Adroit cannot be reached')

      await page.context().setOffline(false)
      await tryAgain(page)
      assert.deepEqual(await anchors(page), before)
      assert.deepEqual(complaints.filter((text) => !/Failed to load resource/.test(text)), [])
    })
  }
})

describe('when not even the way in answers', { skip }, () => {
  const problem = { status: 500, contentType: 'application/problem+json', body: JSON.stringify({ title: 'The server had a problem', status: 500, detail: WORDS }) }
  /** Lets a route of the API fail while `work` is done. */
  async function without(page, path, work) {
    await page.route(path, (route) => (route.request().resourceType() === 'document' ? route.continue() : route.fulfill(problem)))
    await work()
    await page.unroute(path)
  }

  test('nobody is known: what went wrong is said, and trying again opens the page that was asked for', async () => {
    const { page, leave } = await enter(browser, product.url, team.marketer, VIEWS.light)
    await without(page, '**/me', async () => {
      await page.goto(`${product.url}/campaigns?status=draft`)
      await page.getByRole('alert').filter({ hasText: WORDS }).waitFor()
      assert.deepEqual(await hindrances(page), [])
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'Spring wool' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'Autumn wool' }).count(), 0)
    await leave()
  })

  test('nobody is known yet: something stands there until it is', async () => {
    const { page, leave } = await enter(browser, product.url, team.marketer, VIEWS.light)
    let go
    await page.route('**/me', (route) => new Promise((resolve) => (go = resolve)).then(() => route.continue()))
    await page.goto(`${product.url}/campaigns`)
    await page.locator('[role=status], [aria-busy=true]').first().waitFor({ timeout: 5000 })
    go()
    await page.getByRole('link', { name: 'Spring wool' }).waitFor()
    await leave()
  })

  test('signing in fails: it says so, keeps what was typed, and the same button tries again', async () => {
    const { page, leave } = await enter(browser, product.url, 'nobody', VIEWS.light)
    await page.goto(`${product.url}/login`)
    await page.getByLabel('Email').fill(team.marketer.email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await without(page, '**/auth/login', async () => {
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').filter({ hasText: WORDS }).waitFor()
    })
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation').first().waitFor()
    await leave()
  })

  test('an invitation cannot be read: it says so, and trying again shows it', async () => {
    const { page, leave } = await enter(browser, product.url, 'nobody', VIEWS.light)
    await without(page, '**/invitations/show', async () => {
      await page.goto(`${product.url}/invitation?token=${ids.invitation}`)
      await page.getByRole('alert').filter({ hasText: WORDS }).waitFor()
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Join Small shop' }).waitFor()
    await leave()
  })
})

describe('when the session has ended', { skip }, () => {
  const desk = desks(() => team)
  /** What is done on a page whose session is over; each leads to the API. */
  const DEEDS = [
    { name: 'going to another page', at: '/campaigns?status=draft', to: '/experiments', deed: (page) => page.getByRole('navigation').getByRole('link', { name: 'Experiments' }).click() },
    { name: 'asking for other figures', at: '/?range=7d', to: '/?range=today', deed: async (page) => {
      await page.getByRole('button', { name: /^Date range/ }).click()
      await page.getByRole('button', { name: 'Today' }).click()
    } },
    { name: 'saving', at: '/creatives?tab=brand', to: '/creatives?tab=brand', deed: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('Small')
      await page.getByRole('button', { name: 'Save guidelines' }).click()
    } },
    { name: 'saying something to the assistant', at: `/chat?q=${encodeURIComponent('Revenue by channel last month')}`, to: '/chat', deed: (page) => page.getByRole('button', { name: 'Send' }).click() },
  ]
  for (const { name, at, to, deed } of DEEDS) {
    test(`${name} leads to the sign-in, and from there to where one was`, async () => {
      const { page } = await desk('marketer')
      await page.goto(product.url + at)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await settle(page)
      await page.context().clearCookies()
      await deed(page)
      await page.waitForURL('**/login?redirect=*')
      await page.getByLabel('Email').fill(team.marketer.email)
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(product.url + to)
      await page.getByRole('navigation').first().waitFor()
      await settle(page)
      assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [])
    })
  }
})

test('the audit log leaves sign-ins out until they are asked for, and shows one kind of change alone', { skip }, async () => {
  const { page, leave } = await enter(browser, product.url, team.admin, VIEWS.light)
  const log = page.getByRole('region', { name: 'Audit log' })
  const counted = async (text) => log.getByRole('listitem').filter({ hasText: text }).count()
  await page.goto(`${product.url}/audit`)
  await log.getByText('Campaign: submit').first().waitFor()
  assert.equal(await counted(/^Session:/), 0)
  await log.getByRole('button', { name: /^Sign-ins/ }).click()
  await log.getByText(/^Session: create/).first().waitFor()
  assert.ok((await counted('Campaign: submit')) > 0)
  await log.getByRole('combobox', { name: 'Kind of change' }).click()
  await page.getByRole('option', { name: 'Campaign', exact: true }).click()
  await page.waitForURL('**/audit?*kind=campaign*')
  assert.equal(await log.getByRole('listitem').count(), await counted(/^Campaign:/))
  await leave()
})
