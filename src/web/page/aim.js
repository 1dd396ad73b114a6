// The page *Aim*: the drop zone and the masks, drawn on the picture with a finger or typed as numbers, and tried.

import { get, post } from './api.js';
import { beside, drawn, EDGES, fit, fromToml, moved, overlap, toToml, whole } from './boxes.js';
import { action, card, fill, h, MAIN, note, quiet, split, write } from './dom.js';
import { picture } from './picture.js';
import { getValue, setValue } from './toml.js';
import { problemList, trialBar } from './trial.js';
import { percent, wordsOf } from './words.js';

const t = wordsOf('aim');

const LOOK_EVERY_MS = 500;
const MOST_MASKS = 8;

// A box over the picture, which a finger moves by its middle and resizes by its corners.
function handle(kind, box, frame, changed) {
	const at = h(`div.box.${kind}`, ['nw', 'ne', 'sw', 'se'].map((corner) => h(`i.${corner}`, { 'data-corner': corner })));
	let from;
	at.onpointerdown = (event) => {
		from = { x: event.clientX, y: event.clientY, corner: event.target.dataset.corner, box: { ...box } };
		at.setPointerCapture(event.pointerId);
		event.preventDefault();
	};
	at.onpointermove = (event) => {
		if (!from) return;
		const { width, height } = frame.getBoundingClientRect();
		const way = [((event.clientX - from.x) * 1000) / width, ((event.clientY - from.y) * 1000) / height];
		Object.assign(box, from.corner ? drawn(from.box, from.corner, ...way) : moved(from.box, ...way));
		changed();
	};
	at.onpointerup = at.onpointercancel = () => { from = undefined; };
	return { at, show: () => EDGES.forEach((edge) => { at.style[edge] = `${box[edge] / 10}%`; }) };
}

function fields(title, box, changed, remove) {
	const inputs = EDGES.map((edge) => h('input', { type: 'number', min: 0, max: 100, step: 0.1, onchange: (event) => {
		Object.assign(box, fit({ ...box, [edge]: event.target.value * 10 }));
		changed();
	} }));
	const at = h('fieldset.edges', h('legend', title), EDGES.map((edge, index) => h('label', t(edge), inputs[index])), remove);
	return { at, show: () => EDGES.forEach((edge, index) => { inputs[index].value = box[edge] / 10; }) };
}

// A figure between 0 and 1 that remembers its best: the lens is turned until it no longer rises.
function gauge(name) {
	const [level, best, value] = [h('span.level'), h('span.best'), h('b')];
	const at = h('div.gauge', h('p', t(name), value), h('div.track', { 'aria-hidden': 'true' }, level, best), quiet(t(`${name}.say`)));
	let most = 0;
	const show = ({ [name]: figure }) => {
		at.hidden = figure === undefined;
		most = Math.max(most, figure || 0);
		level.style.width = `${figure * 100}%`;
		best.style.left = `${most * 100}%`;
		write(value, `${percent(figure || 0)} (max. ${percent(most)})`);
	};
	return { at, show };
}

export async function show(context) {
	const config = await get('/api/config');
	const [zones, masks] = ['zone', 'mask'].map((key) => fromToml(getValue(config.text, 'camera', key)));
	const [zone = whole()] = zones;
	const frame = picture(context);
	const over = h('div.boxes', { 'aria-hidden': 'true' });
	const forms = h('div');
	const [clash, background] = [h('p.trouble', { role: 'status' }), h('p.background', { role: 'status' })];
	const lines = h('pre', { tabindex: 0 });
	const gauges = ['sharpness', 'brightness'].map(gauge);
	const told = note();
	const trial = trialBar(context, () => {});
	let parts = [];

	const values = () => ({ zone: toToml(zone), mask: `[${masks.map(toToml).join(', ')}]` });
	function changed() {
		parts.forEach((part) => part.show());
		const clashes = masks.some((mask) => overlap(mask, zone));
		write(clash, clashes ? t('clash') : '');
		[clash.hidden, attempt.disabled] = [!clashes, clashes];
		write(lines, Object.entries(values()).map(([key, value]) => `${key} = ${value}`).join('\n'));
	}
	function build() {
		const remove = (mask) => h('button', { onclick: () => {
			masks.splice(masks.indexOf(mask), 1);
			build();
			add.focus();
		} }, t('remove'));
		const handles = [zone, ...masks].map((box, index) => handle(index ? 'mask' : 'drop', box, frame.at, changed));
		const typed = [zone, ...masks].map((box, number) => fields(t(number ? 'mask' : 'zone', { number }), box, changed, number > 0 && remove(box)));
		fill(over, handles.map((one) => one.at));
		fill(forms, typed.map((one) => one.at));
		parts = [...handles, ...typed];
		changed();
	}
	const add = action(t('add'), told, async () => {
		const place = beside(zone);
		if (!place || masks.length === MOST_MASKS) throw { code: 'no-room' };
		masks.push(place);
		build();
	});
	const attempt = action(t('try'), told, async () => {
		let { text } = await get('/api/config');
		for (const [key, value] of Object.entries(values())) text = setValue(text, 'camera', key, value);
		try {
			trial.begin(await post('/api/config/try', { text }));
			trial.focus();
		} catch (error) {
			told.fail(error, error.problems && problemList(error.problems));
		}
	}, MAIN);

	frame.at.append(over);
	frame.at.classList.add('aims');
	build();
	if (config.trying) trial.begin(config.trying);
	context.poll(async () => {
		const seen = await frame.look();
		write(background, t(seen.background));
		gauges.forEach((one) => one.show(seen));
	}, LOOK_EVERY_MS);
	return [trial.at, split(h('div.stage', frame.at, background, gauges.map((one) => one.at)),
		card('', quiet(t('say')), forms, clash, h('div.row', attempt, add), told.at, h('details', h('summary', t('lines')), lines)))];
}
