// Every page of the console.

import { GALLERY } from "./support/gallery.mjs";
import { inspect, isOfConsole } from "./support/inspection.mjs";
import { EVERYTHING, setStage } from "./support/stage.mjs";

const ofOperators = Object.entries(GALLERY).filter(([name]) => isOfConsole(name));

inspect(Object.fromEntries(ofOperators), await setStage(EVERYTHING));
