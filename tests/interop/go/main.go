// SPDX-License-Identifier: MIT

// A go-libp2p peer for the tests: `peer SECURITY [MULTIADDR]` listens on loopback, dials when told whom, and prints one
// JSON object a line for everything that happens. Ends with its input.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
)

var printing sync.Mutex

func tell(event map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	line, _ := json.Marshal(event)
	fmt.Println(string(line))
}

func security(name string) (libp2p.Option, error) {
	switch name {
	case "tls":
		return libp2p.Security(libp2ptls.ID, libp2ptls.New), nil
	case "noise":
		return libp2p.Security(noise.ID, noise.New), nil
	case "plaintext":
		return libp2p.NoSecurity, nil
	}
	return nil, fmt.Errorf("'%s' is no security; tls, noise or plaintext", name)
}

func keepPinging(h host.Host, who peer.ID) {
	for result := range ping.Ping(context.Background(), h, who) {
		if result.Error != nil {
			tell(map[string]any{"event": "ping_failed", "error": result.Error.Error()})
			return
		}
		tell(map[string]any{"event": "ping", "microseconds": result.RTT.Microseconds()})
		time.Sleep(200 * time.Millisecond)
	}
}

func watch(h host.Host) {
	h.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			tell(map[string]any{"event": "established", "peer": c.RemotePeer().String(),
				"dialer": c.Stat().Direction == network.DirOutbound})
			go keepPinging(h, c.RemotePeer())
		},
		DisconnectedF: func(_ network.Network, c network.Conn) {
			tell(map[string]any{"event": "closed", "peer": c.RemotePeer().String()})
		},
	})
	found, err := h.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationCompleted),
		new(event.EvtPeerIdentificationFailed)})
	if err != nil {
		panic(err)
	}
	go func() {
		for each := range found.Out() {
			switch e := each.(type) {
			case event.EvtPeerIdentificationCompleted:
				observed := ""
				if e.ObservedAddr != nil {
					observed = e.ObservedAddr.String()
				}
				tell(map[string]any{"event": "identified", "agent": e.AgentVersion, "protocol": e.ProtocolVersion,
					"protocols": e.Protocols, "observed": observed})
			case event.EvtPeerIdentificationFailed:
				tell(map[string]any{"event": "identify_failed", "error": e.Reason.Error()})
			}
		}
	}()
}

func run() error {
	if len(os.Args) < 2 {
		return fmt.Errorf("usage: peer SECURITY [MULTIADDR]")
	}
	chosen, err := security(os.Args[1])
	if err != nil {
		return err
	}
	h, err := libp2p.New(chosen, libp2p.Transport(tcp.NewTCPTransport), libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableRelay(), libp2p.Ping(true))
	if err != nil {
		return err
	}
	defer h.Close()
	tell(map[string]any{"event": "self", "peer": h.ID().String()})
	tell(map[string]any{"event": "listening", "address": h.Addrs()[0].String()})
	watch(h)
	if len(os.Args) > 2 {
		whom, err := multiaddr.NewMultiaddr(os.Args[2])
		if err != nil {
			return err
		}
		info, err := peer.AddrInfoFromP2pAddr(whom)
		if err != nil {
			return err
		}
		if err := h.Connect(context.Background(), *info); err != nil {
			tell(map[string]any{"event": "dial_failed", "error": err.Error()})
		}
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
