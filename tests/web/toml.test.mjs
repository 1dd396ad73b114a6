// What the page *Aim* changes in a configuration's text, and that it changes nothing else.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { getValue, setValue } from '../../src/web/page/toml.js';

const shipped = readFileSync(new URL('../../config/sortd.toml', import.meta.url), 'utf8');
const ZONE = '{ left = 0.1, top = 0.0, width = 0.9, height = 1.0 }';
const MASK = '[{ left = 0.0, top = 0.0, width = 0.1, height = 1.0 }]';

/** The lines that differ, as `-` and `+`. */
function changes(before, after) {
	const [old, young] = [before.split('\n'), after.split('\n')];
	return [...old.filter((line) => !young.includes(line)).map((line) => `-${line}`), ...young.filter((line) => !old.includes(line)).map((line) => `+${line}`)];
}

test('a key that stands there gets another value, in its place', () => {
	assert.equal(getValue(shipped, 'camera', 'zone'), '{ left = 0.0, top = 0.0, width = 1.0, height = 1.0 }');
	assert.deepEqual(changes(shipped, setValue(shipped, 'camera', 'zone', ZONE)), ['-zone = { left = 0.0, top = 0.0, width = 1.0, height = 1.0 }', `+zone = ${ZONE}`]);
});

test('a new key stands behind the comment that shows it', () => {
	const lines = setValue(shipped, 'camera', 'mask', MASK).split('\n');
	const at = lines.indexOf(`mask = ${MASK}`);
	assert.match(lines[at - 1], /^# mask = /);
	assert.equal(lines.length, shipped.split('\n').length + 1);
});

test('a second change replaces the first one', () => {
	const once = setValue(shipped, 'camera', 'mask', MASK);
	assert.equal(setValue(setValue(once, 'camera', 'mask', '[]'), 'camera', 'mask', MASK), once);
});

test('the comment behind a value, its indent and the ends of lines stay', () => {
	const text = '[camera]\r\n  zone = { left = 0.2 }   # the chute\r\nfps = 15\r\n';
	assert.equal(getValue(text, 'camera', 'zone'), '{ left = 0.2 }');
	assert.equal(setValue(text, 'camera', 'zone', '{ left = 0.3 }'), text.replace('0.2', '0.3'));
	assert.equal(setValue('[camera]\r\nfps = 15\r\n', 'camera', 'zone', ZONE), `[camera]\r\nzone = ${ZONE}\r\nfps = 15\r\n`);
});

test('a value over several lines, with comments that hold brackets, is replaced as a whole', () => {
	const mask = '[ # two ]\n  { left = 0.0 }, # } the desk\n\n  { left = 0.5 },\n]';
	const text = `[camera]\nmask = ${mask} # black\nfps = 15\n`;
	assert.equal(getValue(text, 'camera', 'mask'), mask);
	assert.equal(setValue(text, 'camera', 'mask', '[]'), '[camera]\nmask = [] # black\nfps = 15\n');
});

test('the same key of another table is left alone', () => {
	const text = '[trigger]\nzone = 1\n\n[camera] # eye\nfps = 15\n\n[[bins]]\nzone = 2\n';
	assert.equal(setValue(text, 'camera', 'zone', ZONE), text.replace('# eye', `# eye\nzone = ${ZONE}`));
});

test('a table that is not there is added at the end', () => {
	for (const text of ['[gpio]\nbackend = "simulated"', '[gpio]\nbackend = "simulated"\n\n']) {
		assert.equal(setValue(text, 'camera', 'zone', ZONE), `[gpio]\nbackend = "simulated"\n\n[camera]\nzone = ${ZONE}\n`);
	}
});

test('forms that are not one value are refused', () => {
	for (const text of ['[camera.zone]\nleft = 0.1\n', '[[camera.mask]]\nleft = 0.1\n', '[camera]\nzone.left = 0.1\n', '[camera]\n"zone" = {}\n', 'camera.zone = {}\n', 'camera = { fps = 3 }\n']) {
		const key = text.includes('mask') ? 'mask' : 'zone';
		assert.throws(() => setValue(text, 'camera', key, ZONE), { code: 'other-form' }, text);
		assert.throws(() => getValue(text, 'camera', key), { code: 'other-form' }, text);
	}
});
