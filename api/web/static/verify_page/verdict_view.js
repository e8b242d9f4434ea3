// Shows a verdict: each step, the reason, what is proved and what is not.

import { bilingual, make } from "./elements.js";
import { factsOf } from "./facts.js";
import { LEVELS, NOT_PROVED, PINS_ARE_SERVED, STEPS, VERDICTS } from "./texts.js";

const OUTCOMES = { passed: ["✓", "通过", "passed"], failed: ["✗", "不通过", "failed"], "not-run": ["–", "未进行", "not run"] };

export function showRunning(place) {
  place.replaceChildren(make("p", {}, ...bilingual("正在验证……", "Verifying …")));
}

export function showProblem(place, chinese, english) {
  place.replaceChildren(make("p", { className: "banner unclear" }, ...bilingual(chinese, english)));
}

/** `pinsAreServed`: what was pinned is what this page's server offers. */
export function showVerdict(place, verdict, { pinsAreServed }) {
  const parts = [headline(verdict, pinsAreServed)];
  if (verdict.verdict === "verified") parts.push(facts(verdict));
  parts.push(steps(verdict));
  if (verdict.verdict === "verified") parts.push(notProved());
  place.replaceChildren(...parts);
}

function headline({ verdict, step, reason, level }, pinsAreServed) {
  const [mark, chinese, english] = VERDICTS[verdict];
  const title = make("h2", {}, make("span", { className: "mark", text: mark, "aria-hidden": "true" }), " ", ...bilingual(chinese, english));
  const section = make("section", { className: `verdict ${verdict}` }, title);
  if (reason === null) {
    section.append(make("p", {}, ...bilingual(...LEVELS[level])));
    if (pinsAreServed) section.append(make("p", { className: "reason" }, ...bilingual(...PINS_ARE_SERVED)));
    return section;
  }
  if (verdict === "refused") section.append(make("p", {}, ...bilingual(`第 ${step.number} 步：${STEPS[step.name][0]}——不成立。`, `Step ${step.number}, “${STEPS[step.name][1]}”, failed.`)));
  section.append(make("p", { className: "reason" }, ...bilingual(reason.chinese, reason.english)));
  if (verdict === "refused") section.append(make("p", {}, ...bilingual("不要依赖这份文件。", "Do not rely on this file.")));
  return section;
}

function steps({ verdict, steps: all }) {
  const items = all.map(({ number, name, outcome }) => {
    const [mark, chinese, english] = OUTCOMES[outcome];
    const said = make("span", { className: "sign" }, make("span", { text: mark, "aria-hidden": "true" }), make("span", { className: "unseen" }, ...bilingual(chinese, english)));
    return make("li", { className: outcome, value: number }, make("span", { className: "step" }, ...bilingual(...STEPS[name])), said);
  });
  const heading = make("summary", {}, ...bilingual("各步骤", "Steps"));
  const shown = make("details", {}, heading, make("ol", { className: "step-list" }, ...items));
  shown.open = verdict !== "could-not-run";
  return make("section", {}, shown);
}

function facts(verdict) {
  const rows = factsOf(verdict).map(({ chinese, english, value }) => make("div", {}, make("dt", {}, ...bilingual(chinese, english)), make("dd", {}, ...[value].flat())));
  return make("section", {}, make("h2", {}, ...bilingual("已证明的内容", "What is proved")), make("dl", { className: "facts" }, ...rows));
}

function notProved() {
  const items = NOT_PROVED.map((both) => make("li", {}, ...bilingual(...both)));
  return make("section", {}, make("h2", {}, ...bilingual("没有证明的内容", "What is not proved")), make("ul", {}, ...items));
}
