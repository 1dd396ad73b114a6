// The page *Privacy*: what is processed, kept and sent, in the daemon's own sentences.

import { get } from './api.js';
import { card, h, quiet, theirs } from './dom.js';
import { t } from './words.js';

export async function show() {
	const { lines } = await get('/api/privacy');
	return [card('', h('ul.sentences', lines.map((line) => theirs('li', line)))), quiet(t('all.plain'))];
}
