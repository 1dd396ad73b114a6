// The newest picture, with the drop zone and the item's box drawn over it.

import { get } from './api.js';
import { fill, h, s, trouble } from './dom.js';
import { wordsOf } from './words.js';

const t = wordsOf('picture');

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const outline = ({ left, top, width, height }) => `M${left} ${top}h${width}v${height}h${-width}z`;

// `look()` asks for the newest picture, shows it and returns what was said of it.
export function picture(context) {
	const image = h('img', { alt: t('alt') });
	const [around, differs, zone, item] = ['around', 'differs', 'zone', 'item'].map((name) => s(`path.${name}`));
	const missing = h('div.missing', { role: 'status' }, t('waiting'));
	const over = s('svg.over', { viewBox: '0 0 1 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, around, differs, zone, item);
	const at = h('figure.picture.empty', image, over, missing);
	const forget = () => URL.revokeObjectURL(image.src);
	let told;
	context.leave(forget);

	async function look() {
		const seen = await get('/api/look').catch((error) => {
			at.classList.add('empty');
			if (told !== error.text) fill(missing, trouble(error));
			told = error.text;
			throw error;
		});
		forget();
		image.src = URL.createObjectURL(new Blob([bytes(seen.jpeg)], { type: 'image/jpeg' }));
		[image.width, image.height] = [seen.width, seen.height];
		around.setAttribute('d', `M0 0h1v1h-1z${outline(seen.zone)}`);
		differs.setAttribute('d', (seen.foreground || []).map(outline).join(''));
		zone.setAttribute('d', outline(seen.zone));
		item.setAttribute('d', seen.item ? outline(seen.item) : '');
		if (at.classList.contains('empty')) fill(missing);
		at.classList.remove('empty');
		told = '';
		return seen;
	}
	return { at, look };
}
