import assert from "node:assert/strict";
import { test } from "node:test";

import { Speech, chooseLanguage } from "../src/i18n.js";
import { MESSAGES } from "../src/messages.js";

test("the language is the one chosen earlier, else the browser's first that there is, else English", () => {
  assert.equal(chooseLanguage("en", ["ja-JP"]), "en");
  assert.equal(chooseLanguage(null, ["fr-FR", "ja-JP", "en"]), "ja");
  assert.equal(chooseLanguage("klingon", ["JA"]), "ja");
  assert.equal(chooseLanguage(null, ["fr"]), "en");
  assert.equal(chooseLanguage(null, []), "en");
});

const names = (message) => [...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

test("both languages say the same things about the same values", () => {
  assert.deepEqual(Object.keys(MESSAGES.ja).sort(), Object.keys(MESSAGES.en).sort());
  for (const key of Object.keys(MESSAGES.ja)) {
    assert.deepEqual([...new Set(names(MESSAGES.ja[key]))].sort(), [...new Set(names(MESSAGES.en[key]))].sort(), key);
  }
});

test("every text with forms has the forms that its language's plurals need", () => {
  for (const [language, messages] of Object.entries(MESSAGES)) {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(messages)) {
      if (typeof message !== "string") assert.deepEqual(Object.keys(message).sort(), [...needed].sort(), `${language} ${key}`);
    }
  }
});

test("numbers are written and counted as the language does", () => {
  assert.equal(new Speech("en").say("votes", { count: 1 }), "1 vote");
  assert.equal(new Speech("en").say("votes", { count: 12345 }), "12,345 votes");
  assert.equal(new Speech("ja").say("votes", { count: 12345 }), "12,345票");
  assert.equal(new Speech("en").percent(48.25), "48.3%");
  assert.equal(new Speech("en").percent(null), "–");
});

test("a text that does not exist is an error", () => {
  assert.throws(() => new Speech("en").say("nothing"), RangeError);
});

test("a candidate without a label in this language is called by another", () => {
  assert.equal(new Speech("ja").label({ labels: { ja: "山", en: "Mountain" } }), "山");
  assert.equal(new Speech("ja").label({ labels: { en: "Mountain" } }), "Mountain");
  assert.equal(new Speech("en").label({ labels: { fr: "Montagne" } }), "Montagne");
});
