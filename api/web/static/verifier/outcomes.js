// How a check ends other than well. Both carry the reason in plain words, in English and in Chinese.

/** The bundle is not what it says: the step that runs is the one that refused it. */
export class Refused extends Error {
  constructor(english, chinese) {
    super(english);
    this.name = "Refused";
    this.reason = { english, chinese };
  }
}

/** Nothing is known about the bundle: something that the verifier needs is missing or was given wrongly. */
export class CouldNotRun extends Error {
  constructor(english, chinese) {
    super(english);
    this.name = "CouldNotRun";
    this.reason = { english, chinese };
  }
}
