/** Whether the first steps of a site are over or waved off, kept in this browser. */

const key = (site: string) => `adroit.first-steps.${site}`;

export function firstStepsOver(site: string): boolean {
  try {
    return localStorage.getItem(key(site)) !== null;
  } catch {
    return true;
  }
}

export function dismissFirstSteps(site: string): void {
  try {
    localStorage.setItem(key(site), "over");
  } catch {
    // Without storage they are not shown at all.
  }
}
