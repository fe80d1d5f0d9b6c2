//! Captures of packets: pcap and pcapng, as tcpdump and Wireshark write them.

mod flow;

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::{DataLink, PcapError};

use super::history::History;
use super::stream::{Assembler, Chunk, Direction, Sink};
use flow::{Flow, Segment};

/// Why a capture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// It breaks off or is damaged.
    #[error("packet {packet}: {why}")]
    Packet {
        /// From 1.
        packet: usize,
        /// What is wrong.
        why: String,
    },
    /// Packets of a link that is not known here.
    #[error("packets of link type {0:?}: capture Ethernet, loopback, Linux cooked or raw IP")]
    Link(DataLink),
}

/// Whether a file that begins like this is a capture.
pub fn is_capture(beginning: &[u8]) -> bool {
    let magic = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
    ];
    magic.iter().any(|magic| beginning.starts_with(magic)) || is_pcapng(beginning)
}

fn is_pcapng(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a])
}

/// Reads a capture. Connections to `broker_port` are looked at, whichever side spoke first.
pub fn read(from: impl Read, beginning: &[u8], broker_port: u16) -> Result<History, CaptureError> {
    let mut assembler = Assembler::default();
    read_into(from, beginning, broker_port, &mut assembler)?;
    Ok(assembler.finish())
}

/// The same, told to `sink`.
pub fn read_into(
    from: impl Read,
    beginning: &[u8],
    broker_port: u16,
    sink: &mut impl Sink,
) -> Result<(), CaptureError> {
    let mut packets = Packets { broker_port, flows: BTreeMap::new(), sink, first: None };
    if is_pcapng(beginning) {
        packets.read_pcapng(from)?;
    } else {
        packets.read_pcap(from)?;
    }
    for (connection, flow) in &packets.flows {
        if let Some(why) = flow.missing() {
            packets.sink.lost(connection, &why);
        }
    }
    Ok(())
}

fn wrong(packet: usize, error: &PcapError) -> CaptureError {
    let cut = "the capture was cut off here";
    let why = match error {
        PcapError::IncompleteBuffer => cut.to_owned(),
        PcapError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => cut.to_owned(),
        PcapError::IoError(error) => error.to_string(),
        PcapError::InvalidField(_)
        | PcapError::Utf8Error(_)
        | PcapError::FromUtf8Error(_)
        | PcapError::InvalidInterfaceId(_) => error.to_string(),
    };
    CaptureError::Packet { packet, why }
}

struct Packets<'s, S> {
    broker_port: u16,
    /// By the client's address.
    flows: BTreeMap<String, Flow>,
    sink: &'s mut S,
    first: Option<Duration>,
}

impl<S: Sink> Packets<'_, S> {
    fn read_pcap(&mut self, from: impl Read) -> Result<(), CaptureError> {
        let mut reader = PcapReader::new(from).map_err(|error| wrong(0, &error))?;
        let link = reader.header().datalink;
        let mut number = 0;
        while let Some(packet) = reader.next_packet() {
            number += 1;
            let packet = packet.map_err(|error| wrong(number, &error))?;
            self.packet(link, packet.timestamp, &packet.data)?;
        }
        Ok(())
    }

    fn read_pcapng(&mut self, from: impl Read) -> Result<(), CaptureError> {
        let mut reader = PcapNgReader::new(from).map_err(|error| wrong(0, &error))?;
        let mut links: Vec<DataLink> = Vec::new();
        let mut number = 0;
        while let Some(block) = reader.next_block() {
            number += 1;
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the format's kinds; the others hold no packets"
            )]
            match block.map_err(|error| wrong(number, &error))? {
                Block::InterfaceDescription(interface) => links.push(interface.linktype),
                Block::EnhancedPacket(packet) => {
                    let interface = usize::try_from(packet.interface_id).unwrap_or(usize::MAX);
                    let link = links.get(interface).copied().unwrap_or(DataLink::ETHERNET);
                    self.packet(link, packet.timestamp, &packet.data)?;
                }
                _no_packet => {}
            }
        }
        Ok(())
    }

    fn packet(&mut self, link: DataLink, at: Duration, data: &[u8]) -> Result<(), CaptureError> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "hundreds of links, of which these carry loopback")]
        let sliced = match link {
            DataLink::ETHERNET => SlicedPacket::from_ethernet(data),
            DataLink::LINUX_SLL => SlicedPacket::from_linux_sll(data),
            DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => SlicedPacket::from_ip(data),
            // Four bytes that name the family, in the order of whoever captured.
            DataLink::NULL | DataLink::LOOP => SlicedPacket::from_ip(data.get(4..).unwrap_or_default()),
            other => return Err(CaptureError::Link(other)),
        };
        // What is not TCP over IP is not Kafka.
        let Ok(packet) = sliced else { return Ok(()) };
        let (Some(net), Some(TransportSlice::Tcp(tcp))) = (&packet.net, &packet.transport) else {
            return Ok(());
        };
        let (from, to) = match net {
            NetSlice::Ipv4(ip) => {
                (ip.header().source_addr().to_string(), ip.header().destination_addr().to_string())
            }
            NetSlice::Ipv6(ip) => {
                (ip.header().source_addr().to_string(), ip.header().destination_addr().to_string())
            }
            NetSlice::Arp(_) => return Ok(()),
        };
        let (direction, connection) = if tcp.destination_port() == self.broker_port {
            (Direction::Request, format!("{from}:{}", tcp.source_port()))
        } else if tcp.source_port() == self.broker_port {
            (Direction::Response, format!("{to}:{}", tcp.destination_port()))
        } else {
            return Ok(());
        };
        let first = *self.first.get_or_insert(at);
        let at_us = i64::try_from(at.saturating_sub(first).as_micros()).unwrap_or(i64::MAX);
        if tcp.syn() && direction == Direction::Request {
            self.flows.remove(&connection);
            self.sink.close(&connection);
        }
        let flow = self.flows.entry(connection.clone()).or_default();
        let segment = Segment {
            sequence: tcp.sequence_number(),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            payload: tcp.payload(),
        };
        for bytes in flow.take(direction, &segment) {
            self.sink.take(&Chunk { at_us, connection: connection.clone(), direction, bytes });
        }
        if (tcp.fin() || tcp.rst()) && flow.is_over() {
            self.sink.close(&connection);
        }
        Ok(())
    }
}
