//! Frame and scan headers (T.81, annexes B.2.2 and B.2.3), and what follows from the sampling factors.

use super::Flaw;

/// What a frame header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    width: usize,
    height: usize,
    pub progressive: bool,
    components: [Component; 4],
    count: usize,
}

/// One component: luma, or one of the two chromas.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Component {
    id: u8,
    across: usize,
    down: usize,
    /// Whether a scan has brought each of its blocks, in a progressive picture at least roughly.
    covered: bool,
}

/// What a scan header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanHeader {
    parts: [Part; 4],
    count: usize,
    /// First and last coefficient.
    pub band: (u32, u32),
    /// Whether it refines what an earlier scan has brought.
    pub refines: bool,
}

/// A component's part in a scan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    /// The component's place in the frame header.
    pub component: usize,
    pub dc_table: usize,
    pub ac_table: usize,
}

impl Frame {
    /// Reads the payload of a frame header.
    pub fn read(code: u8, payload: &[u8]) -> Result<Self, Flaw> {
        match code {
            0xC0..=0xC2 => {}
            0xC9..=0xCB | 0xCD..=0xCF => return Err(Flaw::Unread("arithmetic coding")),
            0xC3 => return Err(Flaw::Unread("lossless coding")),
            _ => return Err(Flaw::Unread("hierarchical coding")),
        }
        let [precision, h1, h0, w1, w0, count, listed @ ..] = payload else {
            return Err(BAD_HEADER);
        };
        let count = usize::from(*count);
        if *precision != 8 {
            return Err(Flaw::Unread("more than 8 bits a colour"));
        }
        if !(1..=4).contains(&count) || listed.len() < 3 * count {
            return Err(BAD_HEADER);
        }
        let mut components = [Component::default(); 4];
        for (component, listed) in components
            .iter_mut()
            .zip(listed.chunks_exact(3))
            .take(count)
        {
            let (across, down) = (usize::from(listed[1] >> 4), usize::from(listed[1] & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(BAD_HEADER);
            }
            *component = Component {
                id: listed[0],
                across,
                down,
                covered: false,
            };
        }
        let number = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
        let (width, height) = (number(*w1, *w0), number(*h1, *h0));
        if width == 0 || height == 0 {
            return Err(BAD_HEADER);
        }
        Ok(Self {
            width,
            height,
            progressive: code == 0xC2,
            components,
            count,
        })
    }

    fn listed(&self) -> &[Component] {
        &self.components[..self.count]
    }

    fn most(&self, factor: impl Fn(&Component) -> usize) -> usize {
        self.listed().iter().map(factor).max().unwrap_or(1)
    }

    /// MCUs of a scan (T.81, annex A.2): blocks of the only component, or what all components share.
    pub fn mcus(&self, scan: &ScanHeader) -> usize {
        let (most_across, most_down) = (self.most(|c| c.across), self.most(|c| c.down));
        let (across, down) = match scan.parts() {
            [only] => {
                let only = &self.components[only.component];
                (only.across, only.down)
            }
            _ => (1, 1),
        };
        let length = |size: usize, factor: usize, most: usize| (size * factor).div_ceil(8 * most);
        length(self.width, across, most_across) * length(self.height, down, most_down)
    }

    /// Blocks of a component in each MCU of a scan.
    pub fn blocks_of(&self, part: &Part, scan: &ScanHeader) -> usize {
        let component = &self.components[part.component];
        match scan.parts() {
            [_] => 1,
            _ => component.across * component.down,
        }
    }

    /// Notes that a scan has covered its components.
    pub fn cover(&mut self, scan: &ScanHeader) {
        for part in scan.parts() {
            self.components[part.component].covered = true;
        }
    }

    pub fn is_covered(&self) -> bool {
        self.listed().iter().all(|component| component.covered)
    }
}

impl ScanHeader {
    /// Reads the payload of a start of scan.
    pub fn read(payload: &[u8], frame: &Frame) -> Result<Self, Flaw> {
        let [count, rest @ ..] = payload else {
            return Err(BAD_HEADER);
        };
        let count = usize::from(*count);
        let Some((listed, [first, last, bits, ..])) = rest.split_at_checked(2 * count) else {
            return Err(BAD_HEADER);
        };
        let mut parts = [Part::default(); 4];
        if !(1..=4).contains(&count) {
            return Err(BAD_HEADER);
        }
        for (at, listed) in listed.chunks_exact(2).enumerate() {
            let component = frame.listed().iter().position(|c| c.id == listed[0]);
            let component = component.ok_or(BAD_HEADER)?;
            if parts[..at].iter().any(|part| part.component == component) {
                return Err(BAD_HEADER);
            }
            parts[at] = Part {
                component,
                dc_table: usize::from(listed[1] >> 4),
                ac_table: usize::from(listed[1] & 15),
            };
        }
        let scan = Self {
            parts,
            count,
            band: (u32::from(*first), u32::from(*last)),
            refines: bits >> 4 != 0,
        };
        // Coefficients but the first come one component a scan.
        let band = match scan.band {
            (0, last) => last == 0,
            (first, last) => first <= last && last <= 63 && count == 1,
        };
        if frame.progressive && !band {
            return Err(BAD_HEADER);
        }
        Ok(scan)
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts[..self.count]
    }
}

const BAD_HEADER: Flaw = Flaw::Damaged("a header of it contradicts itself");
