// SPDX-License-Identifier: MIT

// A go-libp2p peer for the tests: `peer SECURITIES [--silent] [--limit N] [MULTIADDR]` listens on loopback, dials when told
// whom, and prints one JSON object a line for everything that happens. It obeys the lines of its input (`dial
// MULTIADDR`, `echo COUNT BYTES`, `close`) and ends with that.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	session "github.com/libp2p/go-yamux/v5"
)

const echo = protocol.ID("/tandem/interop/echo/1.0.0")

var printing sync.Mutex

func tell(event map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	line, _ := json.Marshal(event)
	fmt.Println(string(line))
}

// securities are those named, with commas, in order of preference.
func securities(names string) (libp2p.Option, error) {
	chosen := []libp2p.Option{}
	for _, name := range strings.Split(names, ",") {
		switch name {
		case "tls":
			chosen = append(chosen, libp2p.Security(libp2ptls.ID, libp2ptls.New))
		case "noise":
			chosen = append(chosen, libp2p.Security(noise.ID, noise.New))
		case "plaintext":
			chosen = append(chosen, libp2p.NoSecurity)
		default:
			return nil, fmt.Errorf("'%s' is no security; tls, noise or plaintext", name)
		}
	}
	return libp2p.ChainOptions(chosen...), nil
}

// ended says why a connection did: the code of the other end's GoAway, or what else came.
func ended(c network.Conn) map[string]any {
	told := map[string]any{"event": "closed", "peer": c.RemotePeer().String()}
	var of *session.Session
	if !c.As(&of) {
		return told
	}
	for {
		stream, err := of.AcceptStream()
		if err == nil {
			stream.Reset()
			continue
		}
		var said *session.GoAwayError
		if errors.As(err, &said) && said.Remote {
			told["code"] = said.ErrorCode
		} else {
			told["error"] = err.Error()
		}
		return told
	}
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

func watch(h host.Host, silent bool) {
	h.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			tell(map[string]any{"event": "established", "peer": c.RemotePeer().String(),
				"dialer": c.Stat().Direction == network.DirOutbound})
			if !silent {
				go keepPinging(h, c.RemotePeer())
			}
		},
		DisconnectedF: func(_ network.Network, c network.Conn) {
			tell(ended(c))
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

// answerEcho sends back what comes, until its end.
func answerEcho(s network.Stream) {
	if _, err := io.Copy(s, s); err != nil {
		s.Reset()
		return
	}
	s.Close()
}

// echoOne says whether size bytes come back as they were sent.
func echoOne(h host.Host, who peer.ID, size int) (bool, error) {
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i*31 + i/251)
	}
	s, err := h.NewStream(context.Background(), who, echo)
	if err != nil {
		return false, err
	}
	defer s.Close()
	wrote := make(chan error, 1)
	go func() {
		_, err := s.Write(sent)
		s.CloseWrite()
		wrote <- err
	}()
	back, err := io.ReadAll(s)
	if err != nil {
		return false, err
	}
	return bytes.Equal(back, sent), <-wrote
}

// echoAll tries so many streams at once.
func echoAll(h host.Host, who peer.ID, count, size int) {
	var waiting sync.WaitGroup
	var counting sync.Mutex
	same, failed := 0, ""
	for range count {
		waiting.Go(func() {
			good, err := echoOne(h, who, size)
			counting.Lock()
			defer counting.Unlock()
			if good && err == nil {
				same++
			} else if err != nil {
				failed = err.Error()
			}
		})
	}
	waiting.Wait()
	tell(map[string]any{"event": "echoed", "count": count, "same": same, "error": failed})
}

func dial(h host.Host, to string) error {
	info, err := peer.AddrInfoFromString(to)
	if err != nil {
		return err
	}
	go func() {
		if err := h.Connect(context.Background(), *info); err != nil {
			tell(map[string]any{"event": "dial_failed", "error": err.Error()})
		}
	}()
	return nil
}

func obey(h host.Host, line string) error {
	words := strings.Fields(line)
	if len(words) == 2 && words[0] == "dial" {
		return dial(h, words[1])
	}
	peers := h.Network().Peers()
	if len(peers) == 0 {
		return fmt.Errorf("'%s': there is nobody", line)
	}
	if len(words) == 3 && words[0] == "echo" {
		count, _ := strconv.Atoi(words[1])
		size, _ := strconv.Atoi(words[2])
		go echoAll(h, peers[0], count, size)
		return nil
	}
	if line == "close" {
		return h.Network().ConnsToPeer(peers[0])[0].CloseWithError(network.ConnShutdown)
	}
	return fmt.Errorf("'%s' is no command", line)
}

// limited has room for so many connections that others make, and for any number of streams.
func limited(connections rcmgr.LimitVal) (libp2p.Option, error) {
	few := rcmgr.PartialLimitConfig{System: rcmgr.ResourceLimits{ConnsInbound: connections}}
	manager, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(few.Build(rcmgr.InfiniteLimits)))
	return libp2p.ResourceManager(manager), err
}

func run() error {
	usage := fmt.Errorf("usage: peer SECURITIES [--silent] [--limit N] [MULTIADDR]")
	if len(os.Args) < 2 {
		return usage
	}
	chosen, err := securities(os.Args[1])
	if err != nil {
		return err
	}
	options := []libp2p.Option{chosen, libp2p.Transport(tcp.NewTCPTransport), libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableRelay(), libp2p.Ping(true)}
	silent, whom, connections := false, "", rcmgr.Unlimited
	for i := 2; i < len(os.Args); i++ {
		switch os.Args[i] {
		case "--silent":
			silent = true
		case "--limit":
			i++
			if i == len(os.Args) {
				return usage
			}
			number, err := strconv.Atoi(os.Args[i])
			if err != nil {
				return err
			}
			connections = rcmgr.LimitVal(number)
		default:
			whom = os.Args[i]
		}
	}
	limits, err := limited(connections)
	if err != nil {
		return err
	}
	h, err := libp2p.New(append(options, limits)...)
	if err != nil {
		return err
	}
	defer h.Close()
	h.SetStreamHandler(echo, answerEcho)
	watch(h, silent) // before it is told where it listens: who is told may dial at once
	tell(map[string]any{"event": "self", "peer": h.ID().String()})
	tell(map[string]any{"event": "listening", "address": h.Addrs()[0].String()})
	if whom != "" {
		if err := dial(h, whom); err != nil {
			return err
		}
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		if err := obey(h, input.Text()); err != nil {
			return err
		}
	}
	return input.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
