// The product without a mouse: from the sign-in to a campaign that waits for approval, with the keys alone. Where one is
// can always be seen, and nothing holds on to whoever wants to go on but a dialog, which Escape closes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PASSWORD, shop as tenant } from './people.mjs'
import { eventually, start } from './product.mjs'
import { launch, skip } from './screen.mjs'
import { stock } from './small_shop.mjs'
import { enter, settle, VIEWS } from './tour/browser.mjs'

/** More stops than any page has, before one is stuck. */
const MOST = 250

let product, browser, team, ids, page
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  team = await tenant(product.url, 'Small shop')
  ids = await stock(product, team)
  page = (await enter(browser, product.url, 'nobody', VIEWS.light)).page
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

/** Where the keys go now: what it is called, whether that can be seen, and which stop it is. */
const focus = () =>
  page.evaluate(async () => {
    const here = document.activeElement
    // What shows where one is may come in softly.
    await Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => {})))
    if (!here || here === document.body) return null
    window.stops ??= new Map()
    if (!window.stops.has(here)) window.stops.set(here, window.stops.size)
    const { top, left, right, bottom, width, height } = here.getBoundingClientRect()
    const inView = width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth
    // Drawn around it, or around the box it stands in.
    const marked = [here, here.parentElement, here.parentElement?.parentElement].some((one) => {
      if (!one) return false
      const { outlineStyle, outlineColor, outlineWidth, boxShadow } = getComputedStyle(one)
      const outlined = outlineStyle !== 'none' && outlineWidth !== '0px' && !/, 0\)$|transparent/.test(outlineColor)
      return outlined || (one.matches(':focus-visible, :focus-within') && /0px 0px 0px [1-9]/.test(boxShadow.replace(/rgba\(0, 0, 0, 0\) 0px 0px 0px 0px,?/g, '')))
    })
    const label = here.ariaLabel || here.labels?.[0]?.innerText || here.innerText || here.getAttribute('title') || here.id
    return { stop: window.stops.get(here), name: String(label).trim().replace(/\s+/g, ' ').slice(0, 60), tag: here.tagName.toLowerCase(), inView, marked, dialog: here.closest('[role=dialog], [role=alertdialog], [role=menu]') !== null, text: here.matches('textarea, input:not([type=checkbox]):not([type=radio])') }
  })

/** Goes on with Tab until a stop is called so. */
async function tabTo(name, tag) {
  const passed = []
  for (let n = 0; n < MOST; n += 1) {
    await page.keyboard.press('Tab')
    const here = await focus()
    if (here && (!tag || here.tag === tag) && (name instanceof RegExp ? name.test(here.name) : here.name === name)) return here
    passed.push(here?.name)
  }
  assert.fail(`Tab never came to ${name}; it passed ${passed.slice(0, 60).join(' · ')}`)
}

/** Every stop of the page once around; with what is wrong at them. */
async function around() {
  const stops = []
  const wrong = []
  await page.evaluate(() => {
    window.stops = new Map()
    document.activeElement.blur()
    // From the very beginning, wherever the page was scrolled to.
    getSelection().removeAllRanges()
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  for (let n = 0; n < MOST; n += 1) {
    await page.keyboard.press('Tab')
    const here = await focus()
    // Behind the last stop there is the browser's own bar, and then the first one again.
    if (here === null || (stops.length > 1 && here.stop === 0)) return { stops, wrong }
    if (stops.at(-1)?.stop === here.stop) wrong.push(`${here.name} holds on to whoever is there`)
    if (!here.inView) wrong.push(`${here.tag} “${here.name}” is out of sight`)
    else if (!here.marked) wrong.push(`${here.tag} “${here.name}” does not show that one is there`)
    stops.push(here)
  }
  assert.fail(`there is no end to ${stops.slice(-8).map((one) => one.name).join(' · ')}`)
}

/** Opens a dialog with the key, walks around in it, leaves it with Escape, and stands where it was opened. */
async function dialogOf(opener, key = 'Enter') {
  const { stop } = await focus()
  await page.keyboard.press(key)
  await page.getByRole('dialog').waitFor()
  const seen = new Set()
  for (let n = 0; n < 40; n += 1) {
    const here = await eventually(async () => (await focus()) ?? assert.fail('nothing has the focus'))
    assert.ok(here.dialog, `${here.name} is behind the dialog of ${opener}`)
    assert.ok(here.inView, `${here.name} is out of sight in the dialog of ${opener}`)
    if (n > 0 && seen.size > 1 && here.stop === [...seen][0]) break
    seen.add(here.stop)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await eventually(async () => assert.equal((await focus())?.stop, stop, `the focus did not come back to ${opener}`), { within: 3000 })
}

describe('with the keys alone', { skip }, () => {
  test('one signs in', async () => {
    await page.goto(`${product.url}/login`)
    await tabTo('Email')
    await page.keyboard.type(team.marketer.email)
    await tabTo('Password')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation').first().waitFor()
    await settle(page)
  })

  test('the first stop leads past the navigation', async () => {
    await page.reload()
    await page.getByRole('navigation').first().waitFor()
    await settle(page)
    await page.keyboard.press('Tab')
    const first = await focus()
    assert.equal(first.name, 'Skip to content')
    assert.ok(first.inView)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    assert.ok(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)), `${(await focus())?.name} is not in the content`)
  })

  const WALKED = ['/', '/campaigns', '/ask', '/chat', '/attribution', '/approvals', '/agents', '/calendar', '/creatives?tab=brand', '/channels', '/imports', '/guardrails', '/team', '/campaigns/new']
  for (const path of WALKED) {
    test(`every stop of ${path} is seen, and one comes around`, async () => {
      await page.goto(product.url + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await settle(page)
      const { stops, wrong } = await around()
      assert.deepEqual(wrong, [])
      assert.equal(stops[0].name, 'Skip to content')
      assert.ok(stops.length > 25, `only ${stops.length} stops`)
    })
  }

  test('one goes to the campaigns and opens a draft', async () => {
    await page.goto(product.url)
    await page.getByRole('navigation').first().waitFor()
    await tabTo('Campaigns')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/campaigns')
    await settle(page)
    await tabTo(/^Spring wool/)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/campaigns/${ids.draft}`)
    await page.getByRole('heading', { level: 1, name: 'Spring wool' }).waitFor()
    await settle(page)
  })

  test('dialogs keep the focus, Escape closes them, and one is where one was', async () => {
    await page.goto(`${product.url}/campaigns/${ids.draft}`)
    await settle(page)
    await tabTo('Submit for approval')
    await dialogOf('Submit for approval')
    await page.goto(`${product.url}/experiments`)
    await settle(page)
    await tabTo('New experiment')
    await dialogOf('New experiment')
    await page.goto(`${product.url}/calendar`)
    await settle(page)
    await tabTo('New entry')
    await dialogOf('New entry')
    await page.goto(`${product.url}/campaigns`)
    await settle(page)
    await tabTo(/^New campaign/)
    await dialogOf('the command menu', 'Control+k')
  })

  test('menus open, are walked through with the arrows, and give the focus back', async () => {
    await page.goto(`${product.url}/campaigns/${ids.draft}`)
    await settle(page)
    const { stop } = await tabTo('Agents', 'button')
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('ArrowDown')
    const item = await focus()
    assert.ok(item.dialog && item.inView, item.name)
    await page.keyboard.press('Escape')
    await eventually(async () => assert.equal((await focus())?.stop, stop), { within: 3000 })
  })

  test('a campaign is submitted for approval', async () => {
    await page.goto(`${product.url}/campaigns/${ids.draft}`)
    await settle(page)
    await tabTo('Submit for approval')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    if (!(await focus()).text) await eventually(async () => {
      await page.keyboard.press('Tab')
      assert.ok((await focus()).text)
    })
    await page.keyboard.type('For the spring.')
    await tabTo('Submit', 'button')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByText('Waiting for approval').first().waitFor()
    const { rows } = (await team.approver.ask('GET', '/approvals?status=pending')).body
    assert.ok(JSON.stringify(rows).includes(ids.draft))
  })
})
