// A campaign that is live at the practice provider, with two weeks of figures in which its ads did very differently: what
// the optimizer needs to have something to propose.
import assert from 'node:assert/strict'
import { connect, ok } from './people.mjs'
import { eventually, offline } from './product.mjs'

const DAY = 86_400_000

/** Clicks of 1,000 impressions a day, by ad. */
const CLICKS = { Warm: 40, Soft: 32, Grey: 6 }

/** Plans, approves and publishes it as a team does, and reports its figures; the campaign's id and the id of its worst ad. */
export async function liveCampaign(product, team, name) {
  const channel = await connect(team.admin, 'sandbox', `Live ${team.tenant.id}`)
  const creative = (headline) => ({ headlines: [headline], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' })
  const document = {
    name,
    objective: 'sales',
    landing_url: 'https://shop.test/wool',
    ad_sets: [
      {
        name: 'Feed',
        channel_id: channel,
        budget_daily: 2_000,
        audience: { countries: ['DE'] },
        ads: Object.keys(CLICKS).map((ad) => ({ name: ad, creative: creative(`${ad} wool`) })),
      },
    ],
  }
  const { id } = ok(await team.marketer.ask('POST', '/campaigns', { body: document }), 201)
  const asked = ok(await team.marketer.ask('POST', `/campaigns/${id}/submit`, { body: { reason: name } }), 201)
  await approve(team, asked.id)
  ok(await team.marketer.ask('POST', `/campaigns/${id}/publish`, { body: {} }), 202)
  const live = await eventually(
    async () => {
      const shown = ok(await team.marketer.ask('GET', `/campaigns/${id}`))
      assert.equal(shown.status, 'live', shown.detail)
      assert.ok(shown.publications.every((one) => one.status === 'done'), JSON.stringify(shown.publications))
      return shown
    },
    { within: 60_000 },
  )
  const [set] = live.document.ad_sets
  await offline(product, (db) => {
    const report = db.prepare(
      `INSERT INTO channel_insights (tenant_id, site, channel_id, local_day, level, external_id, name, campaign_id, ad_set_id,
         ad_id, currency, impressions, clicks, spend_micros, conversions, conversion_value_micros, pulled_at)
       VALUES (?, ?, ?, ?, 'ad', ?, ?, ?, ?, ?, 'EUR', 1000, ?, 5000000, 0, 0, ?)`,
    )
    const today = Math.floor(Date.now() / DAY)
    for (let back = 1; back <= 14; back += 1) {
      for (const ad of set.ads) {
        report.run(team.tenant.id, team.site.key, channel, today - back, ad.id, ad.name, id, set.id, ad.id, CLICKS[ad.name], Date.now())
      }
    }
  })
  return { id, worst: set.ads.find((ad) => ad.name === 'Grey').id }
}

/** The approver looks at what is asked and approves exactly that. */
export async function approve(team, id) {
  const { snapshot_hash } = ok(await team.approver.ask('GET', `/approvals/${id}`))
  return ok(await team.approver.ask('POST', `/approvals/${id}/approve`, { body: { snapshot_hash } }))
}
