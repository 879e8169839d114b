package main

import (
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"bizbatch/internal/pgtest"
	"bizbatch/internal/sandbox"
)

// The same with a network that the system partitions: the host is in a namespace of its
// own, with one link to the server and one to the service.
func TestFleetWithAPartitionedNetwork(t *testing.T) {
	t.Parallel()
	const space, server, service = "bizbatch-test", "10.213.87", "10.213.88"
	ip := func(args ...string) error { return exec.Command("ip", args...).Run() }
	if err := ip("netns", "add", space); err != nil {
		t.Skip("no namespaces here:", err)
	}
	t.Cleanup(func() { _ = ip("netns", "del", space) }) // the links go with it
	for name, network := range map[string]string{"bizbatch-db": server, "bizbatch-api": service} {
		for _, args := range [][]string{
			{"link", "add", name, "type", "veth", "peer", "name", name, "netns", space},
			{"addr", "add", network + ".1/24", "dev", name},
			{"link", "set", name, "up"},
			{"-n", space, "addr", "add", network + ".2/24", "dev", name},
			{"-n", space, "link", "set", name, "up"},
		} {
			if err := ip(args...); err != nil {
				t.Skip("no links between namespaces here:", err)
			}
		}
	}
	c := pgtest.NewCluster(t)
	c.Let(t, server+".0/24")
	c.Start(t)
	f := newFleet(t, c.Address, "q.csv", 120, sandbox.Options{Latency: 400 * time.Millisecond})
	far, err := sandbox.Start(service+".1:0", sandbox.Options{Latency: 400 * time.Millisecond, Shape: sandbox.Short})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	f.server = far
	u, err := url.Parse(c.Address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = fmt.Sprintf("%s.1:%s", server, u.Port()), "sslmode=require"
	path, err := exec.LookPath("ip")
	if err != nil {
		t.Fatal(err)
	}
	f.under = []string{path, "netns", "exec", space}
	f.partition(u.String(), func() { _ = ip("link", "set", "bizbatch-db", "down") }, func() { _ = ip("link", "set", "bizbatch-db", "up") }, "--insecure-http")
}
