// Chooses the language, and puts words, numbers and times in its form.

const KEPT = 'sortd-language';
const DAY_S = 86400;

const words = {};
let locale = 'en-GB';
export let languages = [];
export let language = 'en';

const fetched = async (name) => (await fetch(`/page/${name}.json`)).json();

// The first of the languages `wanted`, such as `de-AT`, that is known, else the first known.
export function choose(codes, wanted) {
	const short = wanted.filter(Boolean).map((tag) => tag.split('-')[0]);
	return short.find((code) => codes.includes(code)) || codes[0];
}

// Loads the words. What a language lacks is said in English.
export async function loadWords() {
	languages = await fetched('languages');
	language = choose(languages.map((one) => one.code), [localStorage.getItem(KEPT), ...navigator.languages]);
	({ locale } = languages.find((one) => one.code === language));
	const tables = await Promise.all([...new Set(['en', language])].map((code) => fetched(`words.${code}`)));
	for (const table of tables) {
		for (const [group, entries] of Object.entries(table)) {
			for (const [key, text] of Object.entries(entries)) words[`${group}.${key}`] = text;
		}
	}
	document.documentElement.lang = language;
}

export function speak(code) {
	localStorage.setItem(KEPT, code);
	location.reload();
}

// The words for `key`, such as `now.rest`, with each `{name}` replaced; `other` where there are none.
export const t = (key, values = {}, other = key) => (words[key] || other).replace(/\{(\w+)\}/g, (whole, name) => values[name]);

// The words of one page, by what follows its name in their keys.
export const wordsOf = (page) => (key, values) => t(`${page}.${key}`, values);

export const number = (value = 0, digits = 0) =>
	value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const percent = (value) => value.toLocaleString(locale, { style: 'percent' });

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

export function lasting(seconds) {
	const [days, hours, minutes] = [seconds / DAY_S, (seconds % DAY_S) / 3600, (seconds % 3600) / 60].map(Math.floor);
	return t(days ? 'lasting.days' : hours ? 'lasting.hours' : 'lasting.minutes', { days, hours, minutes });
}

export const dateIn = (date, form) => date.toLocaleDateString(locale, form);

export function moment(time_ms) {
	const date = new Date(time_ms);
	const time = date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
	return date.toDateString() === new Date().toDateString() ? time : `${dateIn(date, { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}
