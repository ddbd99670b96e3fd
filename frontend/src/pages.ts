// Wiring of all pages: what every page has, then the page's own part, fetched only where it is needed.
import { wireConfirm } from "./ui/pages/confirm";
import { wireCopy } from "./ui/pages/copy";
import { wireThemeSwitch } from "./ui/pages/theme";

interface Part {
  readonly mount: (root: HTMLElement) => void;
}

/** By <body data-page>. Pages that are not here are whole as the server sent them. */
const parts: Readonly<Record<string, () => Promise<Part>>> = {
  home: () => import("./ui/pages/pace_page"),
  images: () => import("./ui/pages/images_page"),
  models: () => import("./ui/pages/models_page"),
  exports: () => import("./ui/pages/exports_page"),
  throughput: () => import("./ui/pages/throughput_page"),
};

wireThemeSwitch(document);
wireConfirm(document);
wireCopy(document);

// On a narrow screen the tabs scroll: the one we are on must be among those seen.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

const root = document.getElementById("app");
const part = parts[document.body.dataset.page ?? ""];
if (root && part) {
  try {
    const { mount } = await part();
    root.replaceChildren(); // what the server put there to wait with
    mount(root);
  } catch (error) {
    root.textContent = "This part of the page could not be loaded. Reload the page.";
    throw error;
  }
}
