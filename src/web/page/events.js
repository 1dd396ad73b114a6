// The newest events, in the page's language where it has words for them.

import { get } from './api.js';
import { fill, h, theirs } from './dom.js';
import { moment, percent, t } from './words.js';

const WARNINGS = ['camera-failed', 'picture-fault', 'blind', 'config-refused'];
const STEPS = ['item-seen', 'rearmed', 'signal-off'];

export const timed = (time_ms, kind, words) => h('li', { class: kind }, h('time', moment(time_ms)), words);

function row(event) {
	const ours = t(`event.${event.event}`, { ...event, sure: percent(event.confidence || 0) }, '');
	return timed(event.time_ms, WARNINGS.includes(event.event) ? 'warn' : '', ours ? h('span', ours) : theirs('span', event.text));
}

// `follow()` brings the list up to date.
export function eventList(most) {
	const at = h('ol.events');
	let shown = [];
	let since = {};
	async function follow() {
		const { start, events } = await get(since.start ? `/api/events?start=${since.start}&seq=${since.seq}` : '/api/events');
		if (since.start === start && !events.length) return;
		if (since.start !== start) [shown, since] = [[], { start, seq: 0 }];
		for (const event of events) {
			since.seq = event.seq;
			if (!STEPS.includes(event.event)) shown.unshift(event);
		}
		shown = shown.slice(0, most);
		fill(at, shown.length ? shown.map(row) : h('li', t('all.none')));
	}
	return { at, follow };
}
