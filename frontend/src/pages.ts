// Wiring of all pages: what every page has, then the page's own part, loaded only where it is needed.
import { wireConfirm } from "./ui/pages/confirm";
import { wireCopy } from "./ui/pages/copy";
import { wireThemeSwitch } from "./ui/pages/theme";

wireThemeSwitch(document);
wireConfirm(document);
wireCopy(document);
