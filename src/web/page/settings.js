// The page *Settings*: the configuration's text, what is wrong with it, trying it, and the generations that were kept.

import { get, post } from './api.js';
import { action, card, facts, fill, h, MAIN, note, quiet } from './dom.js';
import { editor } from './editor.js';
import { problemList, trialBar } from './trial.js';
import { moment, t as all, wordsOf } from './words.js';

const t = wordsOf('settings');

// What was typed outlives the page, though not the tab.
let draft;

function generations({ source, generations: kept = [] }, back) {
	const lines = [...kept.sort((one, other) => other.number - one.number), { number: 0, in_force: source === 'file' }];
	return h('ul.lines', lines.map((one) => h('li', h('div', t(one.number ? 'committed' : 'file', one), one.time_ms && quiet(moment(one.time_ms))),
		one.in_force ? h('span.chip', t('in-force')) : back(one.number))));
}

export async function show(context) {
	const [told, past] = [note(), note()];
	const [state, list, problems] = [h('div'), h('div'), h('div', { role: 'status' })];
	const hint = quiet(t('draft'));
	const discard = h('button', { onclick: () => begin() }, t('discard'));
	const text = editor(t('text'), () => keep(text.read()));
	const trial = trialBar(context, () => load());
	let config;

	function keep(written) {
		draft = written === config.text ? undefined : written;
		hint.hidden = discard.hidden = draft === undefined;
	}
	function wrong(found) {
		text.mark(found.map((one) => one.line));
		fill(problems, found.length > 0 && [h('h2', t('problems', { count: found.length })), problemList(found, text.jump)]);
	}
	function begin(written = config.text) {
		text.write(written);
		keep(written);
		wrong([]);
	}
	async function load() {
		config = await get('/api/config');
		begin(draft);
		fill(state, facts([[t('source'), t(config.trying ? 'trying' : config.source, { number: config.generation })], [t('path'), config.file]]));
		fill(list, generations(config, (generation) => action(t('back'), past, async () => {
			await post('/api/config/back', { generation });
			draft = undefined;
			await load();
			past.say(all('all.done'));
		}, { 'aria-label': `${t('back')}: ${generation}` })));
	}
	const check = action(t('check'), told, async () => {
		const { problems: found } = await post('/api/config/check', { text: text.read() });
		wrong(found);
		if (!found.length) told.say(t('right'));
	});
	const attempt = action(t('try'), told, async () => {
		const tried = await post('/api/config/try', { text: text.read() }).catch((error) => {
			wrong(error.problems || []);
			throw error;
		});
		draft = undefined;
		await load();
		trial.begin(tried);
		trial.focus();
	}, MAIN);

	await load();
	if (config.trying) trial.begin(config.trying);
	return [trial.at, card('', state, text.at, hint, h('div.row', check, attempt, discard), told.at, problems),
		card(t('generations'), quiet(t('generations.say')), list, past.at)];
}
