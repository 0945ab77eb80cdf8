// SPDX-License-Identifier: MIT

// A go-libp2p peer of beside.py; ../tandem/peer.cpp says what each mode does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
)

const echoProtocol = "/tandem/echo/1"
const chunk = 64 * 1024

func tell(what map[string]any) {
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

func processor() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)*1e-6 }
	return seconds(used.Utime) + seconds(used.Stime)
}

type measured struct {
	real      time.Time
	processor float64
}

func begin() measured { return measured{time.Now(), processor()} }

func (it measured) tell() {
	tell(map[string]any{"seconds": time.Since(it.real).Seconds(), "processor": processor() - it.processor})
}

func newHost(name string, listens bool) (host.Host, error) {
	security := map[string]libp2p.Option{
		"tls": libp2p.Security(libp2ptls.ID, libp2ptls.New), "noise": libp2p.Security(noise.ID, noise.New),
		"plaintext": libp2p.NoSecurity}[name]
	if security == nil {
		return nil, fmt.Errorf("'%s' is no security", name)
	}
	address := libp2p.NoListenAddrs
	if listens {
		address = libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")
	}
	return libp2p.New(security, libp2p.Transport(tcp.NewTCPTransport), libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		address, libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ResourceManager(&network.NullResourceManager{}))
}

func serve(h host.Host) error {
	h.SetStreamHandler(echoProtocol, func(s network.Stream) {
		defer s.Close()
		_, _ = io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{s}, make([]byte, chunk))
	})
	tell(map[string]any{"address": fmt.Sprintf("%s/p2p/%s", h.Addrs()[0], h.ID())})
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func dial(h host.Host, whom peer.ID, times int) error {
	it := begin()
	for i := 0; i < times; i++ {
		if _, err := h.Network().DialPeer(context.Background(), whom); err != nil {
			return err
		}
		if err := h.Network().ClosePeer(whom); err != nil {
			return err
		}
	}
	it.tell()
	return nil
}

func exchange(s network.Stream, bytes int) error {
	failed := make(chan error, 1)
	go func() {
		held := make([]byte, chunk)
		for left := bytes; left > 0; {
			n, err := s.Write(held[:min(left, chunk)])
			if err != nil {
				failed <- err
				return
			}
			left -= n
		}
		failed <- nil
	}()
	if _, err := io.CopyN(io.Discard, s, int64(bytes)); err != nil {
		return err
	}
	return <-failed
}

func echo(h host.Host, whom peer.ID, streams int, bytes int) error {
	open := make([]network.Stream, streams)
	for i := range open {
		s, err := h.NewStream(context.Background(), whom, echoProtocol)
		if err != nil {
			return err
		}
		open[i] = s
	}
	it := begin()
	var all sync.WaitGroup
	failed := make(chan error, streams)
	for _, s := range open {
		all.Go(func() {
			if err := exchange(s, bytes); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	it.tell()
	close(failed)
	return <-failed
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: peer serve SECURITY | peer dial|echo SECURITY ADDRESS N [BYTES]")
	}
	h, err := newHost(arguments[1], arguments[0] == "serve")
	if err != nil {
		return err
	}
	if arguments[0] == "serve" {
		return serve(h)
	}
	at, err := multiaddr.NewMultiaddr(arguments[2])
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromP2pAddr(at)
	if err != nil {
		return err
	}
	h.Peerstore().AddAddrs(info.ID, info.Addrs, peerstore.PermanentAddrTTL)
	times, err := strconv.Atoi(arguments[3])
	if err != nil {
		return err
	}
	if arguments[0] == "dial" {
		return dial(h, info.ID, times)
	}
	bytes, err := strconv.Atoi(arguments[4])
	if err != nil {
		return err
	}
	return echo(h, info.ID, times, bytes)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
