// The page *Now*: what the bin sees, what it thinks of it, which light is on, and how it is.

import { get, post } from './api.js';
import { action, card, facts, fill, h, MAIN, note, quiet, split, theirs, write } from './dom.js';
import { eventList } from './events.js';
import { binDrawing } from './icons.js';
import { picture } from './picture.js';
import { clock, lasting, number, percent, t } from './words.js';

const LOOK_EVERY_MS = 500;
const EVENTS_EVERY_MS = 2000;
const EVENTS = 8;
const PAUSE_S = 300;

// Each bin is filled as high as its vote; the lid of the one that is lit stands open.
function binRow(names) {
	const bins = names.map((name) => {
		const drawing = binDrawing();
		const [vote, on] = [h('span'), h('span.on')];
		const at = h('li', drawing.at, h('b', name), vote, on);
		const show = ({ votes = {}, signal }) => {
			drawing.set(votes[name] || 0, signal === name);
			write(vote, name in votes ? percent(votes[name]) : '–');
			write(on, signal === name ? t('now.on') : '');
		};
		return { at, show };
	});
	return { at: h('ul.bins', bins.map((bin) => bin.at)), show: (status) => bins.forEach((bin) => bin.show(status)) };
}

function headline() {
	const at = h('p.headline', { role: 'status' });
	const show = ({ signal, item }) => {
		write(at, t(`now.${signal ? 'signal' : item ? 'item' : 'empty'}`, { bin: signal }));
		at.classList.toggle('lit', Boolean(signal));
	};
	return { at, show };
}

function healthCard() {
	const [word, say, troubles, figures] = ['h2', 'p', 'div', 'div'].map((name) => h(name));
	const at = h('section.card', h('div', { role: 'status' }, word, say, troubles), figures);
	let told;
	const show = (status) => {
		const { health, trouble, memory, undervoltage, counters, temperature_c } = status;
		write(word, t(`health.${health}`));
		write(say, t(`health.${health}.say`));
		const now = [trouble, memory, undervoltage].join();
		if (now !== told) fill(troubles, [trouble, memory].map((text) => text && theirs('p.trouble', text)), undervoltage && h('p.trouble', t('now.undervoltage')));
		told = now;
		fill(figures, facts([
			...['items', 'recognised', 'unsure'].map((name) => [t(`count.${name}`), number(counters[name])]),
			[t('now.uptime'), lasting(status.uptime_s)],
			[t('now.temperature'), temperature_c && `${number(temperature_c)} °C`],
		]));
	};
	return { at, show };
}

function rest() {
	const told = note();
	const order = (name, body, props) => action(t(`now.${name}`), told, () => post(`/api/${name}`, body), props);
	const pause = order('pause', { seconds: PAUSE_S });
	const resume = order('resume', undefined, MAIN);
	const until = h('p');
	const working = h('div', h('div.row', pause, order('park')), quiet(t('now.park.say')));
	const resting = h('div', until, resume);
	const show = ({ paused_s }) => {
		const paused = Boolean(paused_s);
		const held = (paused ? working : resting).contains(document.activeElement);
		if (paused) write(until, t('now.until', { left: clock(paused_s) }));
		[working.hidden, resting.hidden] = [paused, !paused];
		if (held) (paused ? resume : pause).focus();
	};
	return { at: card(t('now.rest'), working, resting, told.at), show };
}

export async function show(context) {
	const { bins } = await get('/api/bins');
	const frame = picture(context);
	const events = eventList(EVENTS);
	const parts = [headline(), binRow(bins), healthCard(), ...(context.admin ? [rest()] : [])];
	const places = parts.map((part) => part.at);
	context.poll(frame.look, LOOK_EVERY_MS);
	context.poll(events.follow, EVENTS_EVERY_MS);
	context.poll(async () => {
		const status = await get('/api/status');
		[context.showHealth, ...parts.map((part) => part.show)].forEach((show) => show(status));
	}, LOOK_EVERY_MS);
	return split(h('div.stage', frame.at, places.slice(0, 2)), [places.slice(2), card(t('events.last'), events.at)]);
}
