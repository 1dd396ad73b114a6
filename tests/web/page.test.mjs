// The page as a whole: its words, its size, and the small decisions of its modules.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import test from 'node:test';
import { backoff } from '../../src/web/page/api.js';
import { placeOf } from '../../src/web/page/editor.js';
import { choose, clock } from '../../src/web/page/words.js';

const folder = new URL('../../src/web/page/', import.meta.url);
const names = readdirSync(folder);
const read = (name) => readFileSync(new URL(name, folder), 'utf8');
const scripts = names.filter((name) => name.endsWith('.js'));
const table = (code) => JSON.parse(read(`words.${code}.json`));
const keys = (words) => Object.entries(words).flatMap(([group, entries]) => Object.entries(entries).map(([key, text]) => [`${group}.${key}`, text]));

test('all of it together has at most 80 kB', () => {
	const size = names.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
	assert.ok(size <= 80000, `${size}`);
});

test('each language has a table of its own, and says everything that is not the same in English', () => {
	const english = new Map(keys(table('en')));
	for (const { code } of JSON.parse(read('languages.json'))) {
		const words = new Map(keys(table(code)));
		for (const [key, text] of words) {
			assert.ok(english.has(key), `${code} ${key}`);
			const slots = (one) => (one.match(/\{\w+\}/g) || []).sort().join();
			assert.equal(slots(text), slots(english.get(key)), `${code} ${key}`);
		}
	}
});

test('every key that the scripts spell out has words', () => {
	const english = new Map(keys(table('en')));
	for (const name of scripts) {
		const text = read(name);
		const scope = /= wordsOf\('(\w+)'\)/.exec(text);
		const prefix = scope ? `${scope[1]}.` : '';
		for (const [, key] of text.matchAll(/\bt\('([\w.-]+)'/g)) {
			assert.ok(english.has(`${prefix}${key}`), `${name}: ${prefix}${key}`);
		}
		for (const [, key] of text.matchAll(/\ball\('([\w.-]+)'/g)) assert.ok(english.has(key), `${name}: ${key}`);
	}
});

test('no script reads text as markup or as a program, and each says what it is for', () => {
	for (const name of scripts) {
		const text = read(name);
		assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacent|\beval\b|new Function|document\.write/, name);
		assert.match(text, /^\/\/ [^\n]+\.\n/, name);
		assert.ok(text.split('\n').length < 300, name);
	}
	assert.doesNotMatch(read('index.html'), /style=|<style|\son\w+=|<script>/);
});

test('a language is the first that the browser asks for and that is known', () => {
	assert.equal(choose(['en', 'de'], [null, 'fr-CH', 'de-AT', 'en']), 'de');
	assert.equal(choose(['en', 'de'], ['fr']), 'en');
});

test('pauses grow up to a quarter of a minute', () => {
	assert.deepEqual([0, 1, 2, 3, 9].map((failures) => backoff(failures, 500)), [500, 1000, 2000, 4000, 15000]);
});

test('time is shown in minutes and seconds', () => {
	assert.deepEqual([0, 7.9, 120, 754].map(clock), ['0:00', '0:07', '2:00', '12:34']);
});

test('a line and a column lead to their place, also behind letters that are two to a browser', () => {
	const text = 'one\nn🗑x = 1\n\nlast';
	assert.equal(text[placeOf(text, 2, 3)], 'x');
	assert.equal(placeOf(text, 1, 1), 0);
	assert.equal(placeOf(text, 4, 1), text.indexOf('last'));
	assert.equal(placeOf(text, 2, 99), text.indexOf('\n', 5));
});
