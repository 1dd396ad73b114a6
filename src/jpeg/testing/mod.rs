//! Writes JPEG pictures of all layouts, for tests: of coefficients that mean nothing, since what counts here is
//! how many bits they take.

mod writer;

use super::standard::STANDARD_TABLES;
use writer::Writer;

/// How a picture is laid out.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub size: (u16, u16),
    /// Sampling factors of each component.
    pub sampling: Vec<(u8, u8)>,
    pub progressive: bool,
    /// Whether components share scans, where they may.
    pub interleaved: bool,
    /// MCUs of a restart interval.
    pub interval: u16,
    /// Whether the Huffman tables are left out.
    pub bare: bool,
}

/// A picture, and where in it the data of each scan lie.
pub(crate) struct Written {
    pub bytes: Vec<u8>,
    pub scans: Vec<std::ops::Range<usize>>,
}

/// Blocks of one component, each of 64 coefficients.
struct Plane {
    across: usize,
    blocks: Vec<[i32; 64]>,
}

/// A scan to be written: components, band, and the bits before and after.
type Script = (Vec<usize>, (u8, u8), (u8, u8));

impl Layout {
    pub fn sequential(size: (u16, u16), sampling: &[(u8, u8)]) -> Self {
        Self {
            size,
            sampling: sampling.to_vec(),
            progressive: false,
            interleaved: true,
            interval: 0,
            bare: false,
        }
    }

    fn most(&self) -> (usize, usize) {
        let across = self.sampling.iter().map(|s| s.0).max().unwrap();
        let down = self.sampling.iter().map(|s| s.1).max().unwrap();
        (across.into(), down.into())
    }

    fn mcus(&self) -> (usize, usize) {
        let (across, down) = self.most();
        let (width, height) = (usize::from(self.size.0), usize::from(self.size.1));
        (width.div_ceil(8 * across), height.div_ceil(8 * down))
    }

    /// What the scans bring, in order.
    fn script(&self) -> Vec<Script> {
        let each = 0..self.sampling.len();
        let together = |bits| {
            if self.interleaved {
                vec![(each.clone().collect(), (0, 0), bits)]
            } else {
                each.clone().map(|c| (vec![c], (0, 0), bits)).collect()
            }
        };
        if !self.progressive {
            return together((0, 0));
        }
        let alone = |band, bits| each.clone().map(move |c| (vec![c], band, bits));
        let mut script = together((0, 1));
        script.extend(alone((1, 5), (0, 1)));
        script.extend(alone((6, 63), (0, 1)));
        script.extend(alone((1, 63), (1, 0)));
        script.extend(together((1, 0)));
        script
    }

    pub fn write(&self, seed: u64) -> Written {
        let planes = self.planes(seed);
        let mut bytes = vec![0xFF, 0xD8];
        let quantisation: Vec<u8> = [0].into_iter().chain([1; 64]).collect();
        bytes.extend(segment(0xDB, &quantisation));
        let ([h, l], [w, m]) = (self.size.1.to_be_bytes(), self.size.0.to_be_bytes());
        let mut header = vec![8, h, l, w, m, self.sampling.len() as u8];
        for (id, (across, down)) in (1..).zip(&self.sampling) {
            header.extend([id, across << 4 | down, 0]);
        }
        bytes.extend(segment(if self.progressive { 0xC2 } else { 0xC0 }, &header));
        if !self.bare {
            bytes.extend(STANDARD_TABLES);
        }
        if self.progressive {
            bytes.extend(segment(0xC4, &writer::flat_table()));
        }
        if self.interval > 0 {
            bytes.extend(segment(0xDD, &self.interval.to_be_bytes()));
        }
        let mut scans = Vec::new();
        for script in self.script() {
            let (components, band, (high, low)) = &script;
            let mut header = vec![components.len() as u8];
            for component in components {
                let own = u8::from(*component > 0);
                let ac = if self.progressive { 2 } else { own };
                header.extend([*component as u8 + 1, own << 4 | ac]);
            }
            let last = if self.progressive { band.1 } else { 63 };
            header.extend([band.0, last, high << 4 | low]);
            bytes.extend(segment(0xDA, &header));
            let begin = bytes.len();
            bytes.extend(self.scan(&planes, &script));
            scans.push(begin..bytes.len());
        }
        bytes.extend([0xFF, 0xD9]);
        Written { bytes, scans }
    }

    fn planes(&self, seed: u64) -> Vec<Plane> {
        let mut state = seed | 1;
        let mut draw = move |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 20) % below
        };
        let (across, down) = self.mcus();
        let plane = |(h, v): &(u8, u8)| {
            let across = across * usize::from(*h);
            let count = across * down * usize::from(*v);
            let mut block = || {
                let mut block = [0; 64];
                block[0] = draw(200) as i32 - 100;
                // Many blocks have nothing but their mean, as in most pictures; some have all.
                let many = [0, 0, 0, 1, 3, 9, 40][draw(7) as usize];
                for _ in 0..many {
                    block[1 + draw(63) as usize] = draw(7) as i32 - 3;
                }
                block
            };
            let blocks = (0..count).map(|_| block()).collect();
            Plane { across, blocks }
        };
        self.sampling.iter().map(plane).collect()
    }

    /// The blocks of a scan, MCU by MCU.
    fn order(&self, planes: &[Plane], components: &[usize]) -> Vec<Vec<(usize, usize)>> {
        let (most, mcus) = (self.most(), self.mcus());
        if let [only] = components {
            let (h, v) = self.sampling[*only];
            let blocks = |size: u16, own: u8, most: usize| {
                (usize::from(size) * usize::from(own)).div_ceil(8 * most)
            };
            let (across, down) = (
                blocks(self.size.0, h, most.0),
                blocks(self.size.1, v, most.1),
            );
            let at = |y, x| vec![(*only, y * planes[*only].across + x)];
            return (0..down)
                .flat_map(|y| (0..across).map(move |x| at(y, x)))
                .collect();
        }
        let mut order = Vec::new();
        for (row, column) in (0..mcus.1).flat_map(|y| (0..mcus.0).map(move |x| (y, x))) {
            let mut mcu = Vec::new();
            for component in components {
                let (h, v) = self.sampling[*component];
                let (h, v) = (usize::from(h), usize::from(v));
                for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                    let block = (row * v + y) * planes[*component].across + column * h + x;
                    mcu.push((*component, block));
                }
            }
            order.push(mcu);
        }
        order
    }

    fn scan(&self, planes: &[Plane], script: &Script) -> Vec<u8> {
        let (components, band, bits) = script;
        let order = self.order(planes, components);
        let mut writer = Writer::new();
        let mut means = [0; 4];
        for (at, mcu) in order.iter().enumerate() {
            if self.interval > 0 && at > 0 && at % usize::from(self.interval) == 0 {
                writer.flush();
                let number = (at / usize::from(self.interval) - 1) % 8;
                writer.bytes.extend([0xFF, 0xD0 + number as u8]);
                means = [0; 4];
            }
            for (component, block) in mcu {
                let block = &planes[*component].blocks[*block];
                let own = usize::from(*component > 0);
                match (self.progressive, band.0, bits) {
                    (true, 0, (0, low)) => {
                        let mean = block[0] >> low;
                        writer.mean(own, mean - means[*component]);
                        means[*component] = mean;
                    }
                    (true, 0, _) => writer.put((block[0] & 1) as u32, 1),
                    (true, _, (0, low)) => writer.first(block, *band, *low),
                    (true, ..) => writer.refine(block, *band, bits.1),
                    (false, ..) => {
                        writer.mean(own, block[0] - means[*component]);
                        means[*component] = block[0];
                        writer.others(own, block);
                    }
                }
            }
        }
        writer.flush();
        writer.bytes
    }
}

fn segment(code: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, code], &length[..], payload].concat()
}
