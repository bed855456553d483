use ring::digest::{Context, Digest, SHA1_FOR_LEGACY_USE_ONLY};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{KeyStore, KeyStoreError};

/// Bytes of a digest.
const DIGEST: usize = 20;
/// What the format hashes between password and content.
const WHITENER: &[u8] = b"Mighty Aphrodite";
/// Sun's protection of private keys, as an object identifier in DER.
const SUN_PROTECTION: &[u8] = &[0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x11, 0x01, 0x01];

/// The first private key with its chain, then the other certificates.
pub(super) fn read(bytes: &[u8], password: &str) -> Result<KeyStore, KeyStoreError> {
    let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (content, digest) = bytes.split_at_checked(bytes.len().saturating_sub(DIGEST)).ok_or_else(damaged)?;
    if sha1(&[&password, WHITENER, content]).as_ref() != digest {
        return Err(KeyStoreError::Password);
    }
    let mut rest = Cursor(content);
    rest.take(4)?;
    let version = rest.number()?;
    let entries = rest.number()?;
    let (mut chain, mut others, mut key) = (Vec::new(), Vec::new(), None);
    for _ in 0..entries {
        match rest.entry(version)? {
            Entry::Trusted(certificate) => others.push(certificate),
            Entry::Key(protected, certificates) if key.is_none() => {
                key = Some(private_key(protected, &password)?);
                chain = certificates;
            }
            Entry::Key(_, certificates) => others.extend(certificates),
        }
    }
    let length = chain.len();
    chain.extend(others);
    Ok(KeyStore { certificates: chain, chain: length, key })
}

enum Entry<'a> {
    Key(&'a [u8], Vec<CertificateDer<'static>>),
    Trusted(CertificateDer<'static>),
}

/// What is left of the content. Each step takes something off its front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], KeyStoreError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn number(&mut self) -> Result<u32, KeyStoreError> {
        Ok(self.take(4)?.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn long(&mut self) -> Result<&'a [u8], KeyStoreError> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Result<&'a [u8], KeyStoreError> {
        let length = self.take(2)?;
        self.take(usize::from(length[0]) << 8 | usize::from(length[1]))
    }

    fn entry(&mut self, version: u32) -> Result<Entry<'a>, KeyStoreError> {
        let tag = self.number()?;
        let _alias = self.text()?;
        let _created = self.take(8)?;
        match tag {
            1 => {
                let protected = self.long()?;
                let count = self.number()?;
                let chain = (0..count).map(|_| self.certificate(version)).collect::<Result<_, _>>()?;
                Ok(Entry::Key(protected, chain))
            }
            2 => Ok(Entry::Trusted(self.certificate(version)?)),
            _ => Err(damaged()),
        }
    }

    fn certificate(&mut self, version: u32) -> Result<CertificateDer<'static>, KeyStoreError> {
        if version > 1 {
            let _type = self.text()?;
        }
        Ok(CertificateDer::from(self.long()?.to_vec()))
    }
}

/// Salt, the key under a stream of digests that begins with it, and a digest of the key.
fn private_key(protected: &[u8], password: &[u8]) -> Result<PrivateKeyDer<'static>, KeyStoreError> {
    let sealed = octets(protected)?;
    let (salt, rest) = sealed.split_at_checked(DIGEST).ok_or_else(damaged)?;
    let (sealed, digest) = rest.split_at_checked(rest.len().saturating_sub(DIGEST)).ok_or_else(damaged)?;
    let mut key = Vec::with_capacity(sealed.len());
    let mut stream = sha1(&[password, salt]);
    for block in sealed.chunks(DIGEST) {
        key.extend(block.iter().zip(stream.as_ref()).map(|(byte, mask)| byte ^ mask));
        stream = sha1(&[password, stream.as_ref()]);
    }
    if sha1(&[password, &key]).as_ref() != digest {
        return Err(KeyStoreError::Password);
    }
    Ok(PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))
}

/// The octets of an `EncryptedPrivateKeyInfo` that has Sun's protection.
fn octets(info: &[u8]) -> Result<&[u8], KeyStoreError> {
    let mut rest = Cursor(element(&mut Cursor(info), 0x30)?);
    let algorithm = element(&mut rest, 0x30)?;
    if !algorithm.starts_with(SUN_PROTECTION) {
        return Err(KeyStoreError::Protection);
    }
    element(&mut rest, 0x04)
}

/// The content of an element of DER with this tag.
fn element<'a>(rest: &mut Cursor<'a>, tag: u8) -> Result<&'a [u8], KeyStoreError> {
    let head = rest.take(2)?;
    let length = match head[1] {
        short @ 0..=0x7F => usize::from(short),
        long @ 0x81..=0x84 => {
            rest.take(usize::from(long - 0x80))?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        }
        _ => return Err(damaged()),
    };
    if head[0] == tag { rest.take(length) } else { Err(damaged()) }
}

fn sha1(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in parts {
        context.update(part);
    }
    context.finish()
}

fn damaged() -> KeyStoreError {
    KeyStoreError::Damaged("its entries do not fit".into())
}
