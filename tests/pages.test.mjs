// Every page of the site in a real browser, with the shop of the tour: it comes to show what it is for and complains
// about nothing, nothing on it is cut off on a telephone, and axe finds nothing that seriously hinders anybody.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { beyond, hindrances } from './looks.mjs'
import { shop as tenant } from './people.mjs'
import { start } from './product.mjs'
import { launch, skip } from './screen.mjs'
import { enter, open, VIEWS } from './tour/browser.mjs'
import { differences, PAGES } from './tour/pages.mjs'
import { furnish, ids as find } from './tour/shop.mjs'

test('every route of the site is a page of the tour', () => assert.deepEqual(differences(), { missing: [], unknown: [] }))

let product, browser, ids
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  await furnish(product, browser)
  ids = await find(product)
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

for (const [name, view] of Object.entries(VIEWS)) {
  describe(`in ${name}`, { skip }, () => {
    const visits = new Map()
    after(async () => {
      for (const { leave } of visits.values()) await leave()
    })
    for (const line of PAGES) {
      test(line.name, async () => {
        if (!visits.has(line.who)) visits.set(line.who, await enter(browser, product.url, line.who === 'newcomer' ? ids.newcomer : line.who, view))
        const { page, complaints } = visits.get(line.who)
        complaints.length = 0
        await open(page, product.url, line, ids)
        assert.deepEqual(complaints.filter((text) => !/401/.test(text)), [])
        assert.deepEqual(await hindrances(page), [])
        assert.deepEqual(await beyond(page), [])
        assert.match(await page.title(), /Adroit$/)
      })
    }
  })
}

test('what comes next is where one looks: the very ad, another tenant, why an answer is wrong, an agent for this campaign', { skip }, async () => {
  const { page, leave } = await enter(browser, product.url, 'admin', VIEWS.light)
  await open(page, product.url, PAGES.find((line) => line.name === 'builder-review'), ids)
  await page.getByRole('button', { name: /^Go there: Meta .* Loud/ }).first().click()
  await page.getByRole('textbox', { name: 'Name of the ad' }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Name of the ad' }).inputValue(), 'Loud')
  assert.equal(await page.evaluate(() => document.activeElement.value), 'Cheap packs, only this weekend')

  await open(page, product.url, PAGES.find((line) => line.name === 'ask'), ids)
  await page.getByRole('button', { name: 'No, this is wrong' }).click()
  await page.getByLabel('What is wrong?').fill('Refunds are missing')
  const told = page.waitForRequest((request) => request.url().endsWith('/query/feedback'))
  await page.getByRole('button', { name: 'Send' }).click()
  const { verdict, comment } = (await told).postDataJSON()
  assert.deepEqual([verdict, comment], ['down', 'Refunds are missing'])

  await open(page, product.url, PAGES.find((line) => line.name === 'campaign'), ids)
  await page.getByRole('button', { name: 'Agents' }).click()
  await page.getByRole('menuitem', { name: 'Compliance' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click()
  await page.waitForURL('**/agents/runs/*')
  await page.getByText('Merino for the hut').first().waitFor()

  await tenant(product.url, 'Second shop')
  await page.goto(product.url)
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitemradio', { name: /^Second shop/ }).click()
  await page.getByRole('button', { name: /^Account.*Second shop/ }).waitFor()
  await leave()
})
