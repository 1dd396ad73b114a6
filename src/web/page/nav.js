// The navigation: a bar under the thumb on a phone, a column at the side of a larger screen.

import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { t } from './words.js';

const UNDER_THE_THUMB = 4;

export function navigation(nav, pages, ...tools) {
	const links = pages.map((name) => h('a', { href: `#${name}` }, icon(name), h('span', t(`page.${name}`))));
	const items = links.map((link) => h('li', link));
	const sheet = h('div.sheet', { id: 'more' }, h('ul', items.slice(UNDER_THE_THUMB)), h('div.tools', tools));
	const more = h('button', { 'aria-controls': 'more' }, icon('more'), h('span', t('all.more')));
	const open = (wanted) => more.setAttribute('aria-expanded', sheet.classList.toggle('open', wanted));
	more.onclick = () => open();
	nav.onclick = (event) => event.target.closest('a') && open(false);
	nav.onkeydown = (event) => {
		if (event.key !== 'Escape') return;
		open(false);
		more.focus();
	};
	fill(nav, h('ul.bar', items.slice(0, UNDER_THE_THUMB)), more, sheet);
	return (name) => {
		open(false);
		links.forEach((link, index) => link.setAttribute('aria-current', pages[index] === name ? 'page' : 'false'));
		more.classList.toggle('holds', pages.indexOf(name) >= UNDER_THE_THUMB);
	};
}
