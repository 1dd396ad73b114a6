// The page *Model*: what runs, how well it did before it was released, and its self-test.

import { get, post } from './api.js';
import { action, card, facts, h, MAIN, note, quiet, split, table, theirs } from './dom.js';
import { number, percent, wordsOf } from './words.js';

const t = wordsOf('model');

export async function show(context) {
	const { name, version, architecture, parameters, sha256, labels, empty_label, accuracy = [] } = await get('/api/model');
	const told = note();
	const test = action(t('test'), told, async () => {
		const { passed, seconds } = await post('/api/model/test');
		told.say(t('passed', { passed, seconds: number(seconds, 1) }));
	}, MAIN);
	const share = ({ correct, total }) => correct / total;
	const rows = accuracy.map((row) => [row.split, `${number(row.correct)}/${number(row.total)}`, percent(share(row))]);
	return split(
		card(`${name} ${version}`, facts([
			[t('architecture'), architecture],
			[t('parameters'), parameters && number(parameters)],
			['SHA-256', sha256 && h('code', sha256)],
		]), h('h3', t('labels')), h('ul.labels', labels.map((label) => h('li', theirs('span', label), label === empty_label && ` (${t('empty')})`)))),
		[card(t('accuracy'), quiet(t('accuracy.say')), table(t('accuracy'), ['split', 'correct', 'share'].map((head) => t(head)), rows, accuracy.map(share))),
			context.admin && card(t('self'), quiet(t('self.say')), test, told.at)]);
}
