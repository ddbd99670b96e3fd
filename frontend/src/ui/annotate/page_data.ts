import type { PageData } from "./store";

/** What Django wrote into the page. */
export function readPageData(page: Document): PageData {
  const text = page.querySelector("#page-data")?.textContent;
  if (!text) throw new Error("The page came without its data.");
  return JSON.parse(text) as PageData;
}
