// Every page that people meet. Those of operators are in console-pages.test.mjs, those that a deployment changes in own-look.test.mjs:
// apart, since each of the three takes minutes.

import { GALLERY, LONG_NAMES } from "./support/gallery.mjs";
import { DETAIL_TYPES, LONG_DETAILS, WITH_DETAILS } from "./support/gallery-details.mjs";
import { inspect, inspectLongNames, isOfOperators } from "./support/inspection.mjs";
import { EVERYTHING, setStage } from "./support/stage.mjs";

const stage = await setStage({ ...EVERYTHING, ...DETAIL_TYPES });
const ofPeople = Object.entries({ ...GALLERY, ...WITH_DETAILS }).filter(([name]) => !isOfOperators(name));

inspect(Object.fromEntries(ofPeople), stage);
inspectLongNames({ ...LONG_NAMES, ...LONG_DETAILS }, stage);
