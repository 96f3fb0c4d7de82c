// Every page of somebody's account.

import { GALLERY } from "./support/gallery.mjs";
import { DETAIL_TYPES, WITH_DETAILS } from "./support/gallery-details.mjs";
import { inspect, isOfAccount } from "./support/inspection.mjs";
import { EVERYTHING, setStage } from "./support/stage.mjs";

const ofAccount = Object.entries({ ...GALLERY, ...WITH_DETAILS }).filter(([name]) => isOfAccount(name));

inspect(Object.fromEntries(ofAccount), await setStage({ ...EVERYTHING, ...DETAIL_TYPES }));
