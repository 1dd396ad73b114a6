// Makes elements without ever reading text as markup, and the parts that every page shares.

import { t } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

// Puts children, without those that are nothing, in an element.
export function fill(element, ...children) {
	while (element.firstChild) element.firstChild.remove();
	element.append(...children.flat(3).filter((child) => child || child === 0));
	return element;
}

const maker = (create) => (name, ...rest) => {
	const [tag, ...classes] = name.split('.');
	const element = create(tag);
	const props = rest[0] && Object.getPrototypeOf(rest[0]) === Object.prototype ? rest.shift() : {};
	if (tag === 'button') element.type = 'button';
	if (classes.length) element.setAttribute('class', classes.join(' '));
	for (const [key, value] of Object.entries(props)) {
		if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
		else if (value !== false) element.setAttribute(key, value === true ? '' : value);
	}
	return fill(element, rest);
};

// An HTML element: `h('p.quiet', { lang: 'en' }, 'words')`. The properties may be left out; those named `on…` listen.
export const h = maker((tag) => document.createElement(tag));

export const s = maker((tag) => document.createElementNS(SVG, tag));

// Writes text only where it differs, so that a screen reader does not say it again.
export function write(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

export const theirs = (name, text) => h(name, { lang: 'en' }, text);

// What went wrong and what to do, in the daemon's words where we have none.
export function trouble(error) {
	const ours = t(`error.${error.code}`, { seconds: error.wait_s }, '');
	if (ours) return [h('b', ours)];
	return [theirs('b', error.text || String(error)), error.advice && theirs('p', error.advice)];
}

export function note() {
	const at = h('div.note', { role: 'status' });
	return {
		at,
		say: (text) => fill(at, h('p.good', text)),
		fail: (error, ...more) => fill(at, h('div.bad', trouble(error), more)),
		clear: () => fill(at),
	};
}

// A button that runs `act` once at a time, and tells `told`, a note, what goes wrong.
export function action(label, told, act, props) {
	const button = h('button', { ...props, onclick: async () => {
		if (button.hasAttribute('aria-busy')) return;
		button.setAttribute('aria-busy', true);
		told.clear();
		await act().catch(told.fail);
		button.removeAttribute('aria-busy');
	} }, label);
	return button;
}

export const MAIN = { class: 'main' };

export const card = (title, ...children) => h('section.card', title && h('h2', title), children);

export const quiet = (...words) => h('p.quiet', words);

export const split = (...columns) => h('div.split', columns.map((column) => h('div', column)));

export const facts = (pairs) => h('dl.facts',
	pairs.filter(([, value]) => value !== undefined).map(([name, value]) => h('div', h('dt', name), h('dd', value))));

// A table whose first column names the rows. With `shares` it has bars for the eye, and heads for the ear.
export function table(caption, heads, rows, shares) {
	const bar = (share) => {
		const at = h('span.share');
		at.style.width = `${share * 100}%`;
		return h('td.wide', { 'aria-hidden': 'true' }, at);
	};
	return h('table', h('caption.unseen', caption), h(shares ? 'thead.unseen' : 'thead', h('tr', heads.map((head) => h('th', { scope: 'col' }, head)))),
		h('tbody', rows.map(([name, ...cells], index) => h('tr', h('th', { scope: 'row' }, name), shares && bar(shares[index]), cells.map((cell) => h('td', cell))))));
}

// A choice of one of `[value, label]`, the first at first.
export const choice = (legend, options, choose) => h('fieldset.choice', h('legend.unseen', legend), options.map(([value, label], index) => h('label',
	h('input', { type: 'radio', name: legend, checked: !index, onchange: () => choose(value) }), h('span', label))));
