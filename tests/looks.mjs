// What is asked of every page, whoever looks at it and however: nobody is hindered, nothing is cut off.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(new URL('../site/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds that hinders people: by rule, with where. */
export async function hindrances(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)
}

/** What reaches beyond the right edge, the page's own sideways scrolling areas apart. */
export const beyond = (page) =>
  page.evaluate(() => {
    if (document.documentElement.scrollWidth <= window.innerWidth) return []
    const wide = [...document.querySelectorAll('main *, header *')].filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
    return wide.slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${String(one.className).slice(0, 60)}`)
  })
