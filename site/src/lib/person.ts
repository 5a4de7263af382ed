/** A person's key (`v:…` a visitor, `a:…` an anonymous id, `u:…` a known user) as a name to show. */
export function personName(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith("u:")) return rest;
  if (key.startsWith("v:") || key.startsWith("a:")) return `Visitor ${rest.length > 10 ? rest.slice(0, 8) : rest}`;
  return key.length > 16 ? `Visitor ${key.slice(0, 8)}` : key;
}
