// The page *Log*: what the daemon wrote lately, newest first.

import { get } from './api.js';
import { card, choice, fill, h, theirs } from './dom.js';
import { timed } from './events.js';
import { t as all, wordsOf } from './words.js';

const t = wordsOf('log');

const EVERY_MS = 3000;

export async function show(context) {
	const list = h('ol.events');
	let records = [];
	let shown;
	let wanted = ['error', 'warn', 'info', 'debug'];

	function draw() {
		const chosen = records.filter((one) => wanted.includes(one.level));
		const text = JSON.stringify(chosen);
		if (text === shown) return;
		shown = text;
		const row = (one) => timed(one.time_ms, one.level, h('span', h('b', t(one.level)), ' ', theirs('span', one.text)));
		fill(list, chosen.length ? chosen.reverse().map(row) : h('li', all('all.none')));
	}
	async function follow() {
		({ records } = await get('/api/log'));
		draw();
	}
	await follow();
	context.poll(follow, EVERY_MS);
	const levels = choice(t('which'), [[wanted, t('all')], [['error', 'warn'], t('grave')]], (levels) => {
		wanted = levels;
		draw();
	});
	return [levels, card('', list)];
}
