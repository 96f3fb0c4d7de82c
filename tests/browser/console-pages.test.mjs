// Every page of the console.

import { GALLERY } from "./support/gallery.mjs";
import { inspect, isOfOperators } from "./support/inspection.mjs";
import { EVERYTHING, setStage } from "./support/stage.mjs";

const ofOperators = Object.entries(GALLERY).filter(([name]) => isOfOperators(name));

inspect(Object.fromEntries(ofOperators), await setStage(EVERYTHING));
