// Every page that people meet. Those of their account are in account-pages.test.mjs, those of operators in console-pages.test.mjs, those that
// a deployment changes in own-look.test.mjs: apart, since each of the four takes minutes.

import { GALLERY, LONG_NAMES } from "./support/gallery.mjs";
import { DETAIL_TYPES, LONG_DETAILS, WITH_DETAILS } from "./support/gallery-details.mjs";
import { inspect, inspectLongNames, isOfAccount, isOfConsole } from "./support/inspection.mjs";
import { EVERYTHING, setStage } from "./support/stage.mjs";

const stage = await setStage({ ...EVERYTHING, ...DETAIL_TYPES });
const others = Object.entries({ ...GALLERY, ...WITH_DETAILS }).filter(([name]) => !isOfAccount(name) && !isOfConsole(name));

inspect(Object.fromEntries(others), stage);
inspectLongNames({ ...LONG_NAMES, ...LONG_DETAILS }, stage);
