// Every page of the site: its route, who looks at it, what it is for, and what has to be on it before it can be looked
// at. The tour photographs this table and `pages.test.mjs` checks each of its lines; a route that is missing here fails
// both.
import { readFileSync } from 'node:fs'

const ROUTER = new URL('../../site/src/routes/router.tsx', import.meta.url)

/**
 * @typedef {object} Page
 * @property {string} name of its pictures, for ever
 * @property {string} route of the router, as it stands there
 * @property {string} title for the index
 * @property {string} text one sentence: what it is for
 * @property {'nobody' | 'newcomer' | 'admin' | 'marketer' | 'analyst' | 'approver'} who looks at it; a newcomer has a
 *   shop with nothing in it
 * @property {(ids: Record<string, string>) => string} [path] where it is; its route when there is none
 * @property {string} shows text or CSS selector (`css=`) that is there once the page has what it shows
 * @property {{ path?: string, says: string, next?: string }} empty in a shop with nothing in it: where it is, when the
 *   path would be that of nothing; what it says, and the link or button that is the next thing to do
 * @property {(page: import('playwright-core').Page) => Promise<void>} [act] what is done on it before the picture
 */

/** @type {Page[]} */
export const PAGES = [
  { name: 'sign-in', route: '/login', who: 'nobody', title: 'Sign in', shows: 'css=form button', text: 'The way in, for people with an account.', empty: { says: 'Sign in to Adroit', next: 'Sign in' } },
  { name: 'invitation', route: '/invitation', who: 'nobody', title: 'Invitation', path: ({ invitation }) => `/invitation?token=${invitation}`, shows: 'css=input[type=password]', text: 'Where the link of an invitation leads: choose a password and you are in the team.', empty: { says: 'There is no such invitation', next: 'Sign in instead' } },
  { name: 'dashboard', route: '/', who: 'marketer', title: 'Dashboard', shows: 'css=[data-testid=kpi-value]', text: 'Revenue, orders, spend and what they cost, against the days before; by channel, with the analyst’s summary of the week.', empty: { says: 'No visits yet', next: 'Install the pixel' } },
  { name: 'first-steps', route: '/', who: 'newcomer', title: 'First steps', shows: 'No visits yet', text: 'The dashboard of a shop that has just been made: what comes next, one step after the other.', empty: { says: 'No visits yet', next: 'Install the pixel' } },
  { name: 'ask', route: '/ask', who: 'analyst', title: 'Ask', path: () => `/ask?q=${encodeURIComponent('Revenue by channel last month')}`, shows: 'How this was worked out', text: 'A question in words, answered with rows, a chart, the SQL behind it and the definitions it used.', empty: { says: 'No rows', next: 'Ask' } },
  { name: 'ask-sql', route: '/ask', who: 'analyst', title: 'Ask in SQL', path: () => '/ask?tab=sql', shows: 'css=textarea', text: 'The same warehouse in SQL, reading only, inside your own tenant.', empty: { says: 'Nothing has run yet', next: 'Run' } },
  { name: 'assistant', route: '/chat', who: 'marketer', title: 'Assistant', shows: 'Or let an agent do it', text: 'A chat over questions, agents and tools: what changes something asks first.', empty: { says: 'Or let an agent do it', next: 'Analyst' } },
  { name: 'attribution', route: '/attribution', who: 'analyst', title: 'Attribution: credit', shows: 'css=table', text: 'Which channel earned the revenue, by model, beside what it cost.', empty: { says: 'No touches in these days', next: 'Install the pixel' } },
  { name: 'attribution-models', route: '/attribution', who: 'analyst', title: 'Attribution: models', path: () => '/attribution?tab=models', shows: 'What follows what', text: 'Every model over the same orders: where they agree, where they do not, and what the Markov chain has seen.', empty: { says: 'No orders to share out in these days', next: 'Install the pixel' } },
  { name: 'attribution-paths', route: '/attribution', who: 'analyst', title: 'Attribution: paths', path: () => '/attribution?tab=paths', shows: 'css=main table tbody tr, main li', text: 'The journeys behind the credit, touch by touch.', empty: { says: 'No orders in these days', next: 'Install the pixel' } },
  { name: 'journeys', route: '/journeys', who: 'analyst', title: 'Journeys', shows: 'css=table tbody tr a', text: 'Visitors with what brought them and what they bought.', empty: { says: 'Nobody came by in these days', next: 'Install the pixel' } },
  { name: 'journey', route: '/journeys/$person', who: 'analyst', title: 'One journey', path: ({ person }) => `/journeys/${encodeURIComponent(person)}`, shows: 'css=ol li', text: 'One visitor from the first touch to the last order.', empty: { says: 'Nobody with the key', next: 'All journeys' } },
  { name: 'customers', route: '/customers', who: 'analyst', title: 'Customers', shows: 'Where the value lies', text: 'What those who bought are worth, with intervals; who comes back and who is about to leave.', empty: { says: 'What are your customers worth?', next: 'Work it out' } },
  { name: 'live', route: '/live', who: 'marketer', title: 'Live', shows: 'css=main h1', text: 'Events as they arrive, with those that were refused and why.', empty: { says: 'No event has come in yet', next: 'Install the pixel' } },
  { name: 'budget', route: '/budget', who: 'analyst', title: 'Budget', shows: 'Divide a week’s budget', text: 'What each channel’s money brought, and how the next week’s is best divided.', empty: { says: 'No media mix yet', next: 'Import ad spend' } },
  { name: 'stock', route: '/stock', who: 'marketer', title: 'Stock', shows: 'css=main table tbody tr', text: 'What sells by variant, what runs out before an order arrives, and what to order now.', empty: { says: 'What runs out, and what to order', next: 'Import orders and products' } },
  { name: 'attribution-tests', route: '/attribution', who: 'marketer', title: 'Attribution: tests', path: () => '/attribution?tab=tests', shows: 'css=main [role=tabpanel] h3, main [role=tabpanel] li', text: 'Incrementality tests: a channel switched off in some regions or for a while, and what it really added.', empty: { says: 'No tests yet', next: 'New test' } },
  { name: 'attribution-test', route: '/attribution', who: 'marketer', title: 'Attribution: a new test', path: () => '/attribution?tab=tests&test=new', shows: 'What it would find', text: 'Where a channel is switched off and where it stays on, and the least effect such a test would find.', empty: { says: 'No orders whose place is known', next: 'Set it up' } },
  { name: 'anomalies', route: '/anomalies', who: 'analyst', title: 'Anomalies', shows: 'css=main h1', text: 'Days on which a figure was not as usual: how far, since when, and which channel moved it.', empty: { says: 'Nobody has looked yet', next: 'Look now' } },
  { name: 'forecast', route: '/forecast', who: 'analyst', title: 'Forecast', shows: 'How good it has been', text: 'A figure’s coming days or weeks, with how wide the range is and how earlier forecasts did.', empty: { says: 'No days to learn from yet', next: 'Install the pixel' } },
  { name: 'campaigns', route: '/campaigns', who: 'marketer', title: 'Campaigns', shows: 'css=table tbody tr a', text: 'Every campaign with where it stands, where it runs and what it may spend.', empty: { says: 'From an idea to a running campaign', next: 'Connect a channel' } },
  { name: 'campaign', route: '/campaigns/$id', who: 'marketer', title: 'A live campaign', path: ({ live }) => `/campaigns/${live}`, shows: 'On the channels', text: 'What it brought and spent, the plan behind it, and what was sent to each channel.', empty: { says: 'There is no campaign', next: 'All campaigns' } },
  { name: 'campaign-ads', route: '/campaigns/$id', who: 'marketer', title: 'Its ads', path: ({ live }) => `/campaigns/${live}?tab=ads`, shows: 'css=figure', text: 'The ads as people see them, channel by channel.', empty: { says: 'There is no campaign', next: 'All campaigns' } },
  { name: 'campaign-history', route: '/campaigns/$id', who: 'marketer', title: 'Its history', path: ({ live }) => `/campaigns/${live}?tab=history`, shows: 'css=main ol li', text: 'Who did what to it, and when.', empty: { says: 'There is no campaign', next: 'All campaigns' } },
  { name: 'campaign-in-review', route: '/campaigns/$id', who: 'marketer', title: 'A campaign in review', path: ({ review }) => `/campaigns/${review}`, shows: 'Waiting for approval', text: 'What waits for whom.', empty: { says: 'There is no campaign', next: 'All campaigns' } },
  { name: 'builder-plan', route: '/campaigns/new', who: 'marketer', title: 'A new campaign', shows: 'Landing page', text: 'The first of four steps: what for, and where to.', empty: { says: 'Nothing goes out before somebody else has approved it', next: 'Continue' } },
  { name: 'builder-channels', route: '/campaigns/$id/edit', who: 'marketer', title: 'Channels and budget', path: ({ draft }) => `/campaigns/${draft}/edit?step=channels`, shows: 'css=main [role=checkbox]', text: 'Where it runs, whom it reaches and what it may cost a day.', empty: { path: '/campaigns/new?step=channels', says: 'No channel is connected yet', next: 'Channels' } },
  { name: 'builder-ads', route: '/campaigns/$id/edit', who: 'marketer', title: 'Ads', path: ({ draft }) => `/campaigns/${draft}/edit?step=ads`, shows: 'Preview', text: 'What people read, counted against each channel’s limits, with a preview.', empty: { path: '/campaigns/new?step=ads', says: 'Choose a channel first', next: 'Back' } },
  { name: 'builder-review', route: '/campaigns/$id/edit', who: 'marketer', title: 'Check and submit', path: ({ draft }) => `/campaigns/${draft}/edit?step=review`, shows: 'to put right', text: 'What the approver will see, and what has to be put right first.', empty: { says: 'There is no campaign', next: 'All campaigns' } },
  { name: 'approvals', route: '/approvals', who: 'approver', title: 'Approvals', path: ({ approval }) => `/approvals?id=${approval}`, shows: 'css=form button:has-text("Approve")', text: 'What would change on each channel, to the last word and cent, for somebody else to decide.', empty: { path: '/approvals', says: 'Nothing waits for a decision', next: 'Campaigns' } },
  { name: 'calendar', route: '/calendar', who: 'marketer', title: 'Calendar', shows: 'css=main table', text: 'What goes out, rests and ends, day by day, with how long each campaign runs.', empty: { says: 'When campaigns launch, pause and end', next: 'New entry' } },
  { name: 'calendar-list', route: '/calendar', who: 'marketer', title: 'Calendar as a list', path: () => '/calendar?view=list', shows: 'css=main li', text: 'The same in order of time.', empty: { says: 'Nothing is planned in', next: 'New entry' } },
  { name: 'creatives', route: '/creatives', who: 'marketer', title: 'Creatives', shows: 'css=main img', text: 'The pictures ads are made of, with the ads that use them.', empty: { says: 'No images yet', next: 'Choose files' } },
  { name: 'brand', route: '/creatives', who: 'marketer', title: 'Brand', path: () => '/creatives?tab=brand', shows: 'css=form', text: 'How the brand speaks, which words it never uses and what it may claim: checked in every ad.', empty: { says: 'How you speak', next: 'Save guidelines' } },
  { name: 'agents', route: '/agents', who: 'marketer', title: 'Agents', shows: 'Waiting for you', text: 'Six agents, what they propose and every run they made.', empty: { says: 'No agent has run yet', next: 'Run' } },
  { name: 'agent-run', route: '/agents/runs/$id', who: 'marketer', title: 'A run', path: ({ run }) => `/agents/runs/${run}`, shows: 'What it did', text: 'What an agent read, thought and proposes, step by step, for you to accept or dismiss.', empty: { says: 'There is no agent run', next: 'All agents' } },
  { name: 'experiments', route: '/experiments', who: 'marketer', title: 'Experiments', shows: 'css=main a[href*="/experiments/"]', text: 'Variants of pages and e-mails that earn their place.', empty: { says: 'No experiments yet', next: 'New experiment' } },
  { name: 'experiment', route: '/experiments/$id', who: 'marketer', title: 'An experiment', path: ({ experiment }) => `/experiments/${experiment}`, shows: 'In your page', text: 'Which variant is ahead, how sure that is, and the lines that put it on a page.', empty: { says: 'There is no experiment', next: 'All experiments' } },
  { name: 'channels', route: '/channels', who: 'marketer', title: 'Channels', shows: 'css=main button', text: 'Accounts that are connected, how they are and what went wrong last.', empty: { says: 'Connect your first account', next: 'Connect' } },
  { name: 'install', route: '/install', who: 'marketer', title: 'Install', shows: 'css=pre', text: 'The one line that measures a page, and how a server sends its events.', empty: { says: 'Waiting for the first hit', next: 'Copy' } },
  { name: 'imports', route: '/imports', who: 'marketer', title: 'Imports', shows: 'Past imports', text: 'Orders, customers, products and ad spend from files.', empty: { says: 'Nothing imported yet', next: 'Choose a file' } },
  { name: 'import', route: '/imports', who: 'marketer', title: 'An import', path: ({ import: id }) => `/imports?id=${id}`, shows: 'css=main [id^="import-"]:not([hidden]) table', text: 'What was stored, and each row that was refused with its reason.', empty: { says: 'Nothing imported yet', next: 'Choose a file' } },
  { name: 'inbox', route: '/inbox', who: 'marketer', title: 'Inbox', shows: 'css=main li', text: 'Events that were refused, to be mended and sent again.', empty: { says: 'Nothing to look at' } },
  { name: 'dead-letters', route: '/dead-letters', who: 'marketer', title: 'Dead letters', shows: 'css=main li', text: 'Work that failed for good, with the reason, to be replayed or dismissed.', empty: { says: 'Nothing was left behind' } },
  { name: 'guardrails', route: '/guardrails', who: 'admin', title: 'Guardrails', shows: 'css=form', text: 'Caps nobody and nothing goes over, what agents may do by themselves, and the switch that stops all spending.', empty: { says: 'Empty: no cap', next: 'Stop all spending' } },
  { name: 'team', route: '/team', who: 'admin', title: 'Team', shows: 'css=main ul li', text: 'Who belongs to the tenant, as what, and who is invited.', empty: { says: 'Who works in Empty shop', next: 'Invite' } },
  { name: 'keys', route: '/team', who: 'admin', title: 'API keys', path: () => '/team?tab=keys', shows: 'css=main ul li', text: 'Keys for programs and other agents, each with a role and no more than it needs.', empty: { says: 'No keys yet', next: 'New key' } },
  { name: 'audit', route: '/audit', who: 'admin', title: 'Audit', shows: 'css=table tbody tr, main li', text: 'Every change of state, who made it, and the proof that none was altered.', empty: { says: 'none altered' } },
]

/** The routes as the router's source has them. */
export function routes() {
  const parts = readFileSync(ROUTER, 'utf8').split('createRoute({').slice(1)
  return parts.flatMap((part) => {
    const own = part.slice(0, part.indexOf('\n});'))
    const path = /\n  path: "([^"]+)"/.exec(own)?.[1]
    if (path === undefined && !/\n  id: "/.test(own)) throw new Error(`a route of the router cannot be read: ${own}`)
    return path === undefined ? [] : [path]
  })
}

/** Routes that are missing in the table, and lines of the table whose route is none. */
export function differences() {
  const real = new Set(routes())
  const shown = new Set(PAGES.map((page) => page.route))
  return { missing: [...real].filter((route) => !shown.has(route)), unknown: [...shown].filter((route) => !real.has(route)) }
}
