/** What the server wrote into the page for its script ({{ page_data|json_script:"page-data" }}). */
export function pageData<Data>(): Data {
  const element = document.getElementById("page-data");
  if (!element?.textContent) throw new Error("the page has no page-data");
  return JSON.parse(element.textContent) as Data;
}

export interface ProjectRef {
  readonly id: number;
  readonly name: string;
}
