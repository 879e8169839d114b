package postgres

import (
	"errors"
	"io/fs"
	"testing"
)

func TestAServerThatMayLoseAnswersIsRefused(t *testing.T) {
	good := serverSettings{version: 150003, fsync: "on", commit: "on", pages: "on"}
	for _, test := range []struct {
		name   string
		change func(*serverSettings)
	}{
		{"", func(*serverSettings) {}},
		{"", func(s *serverSettings) { s.commit = "remote_apply" }},
		{"server_version", func(s *serverSettings) { s.version = 140012 }},
		{"in_recovery", func(s *serverSettings) { s.standby = true }},
		{"fsync", func(s *serverSettings) { s.fsync = "off" }},
		{"synchronous_commit", func(s *serverSettings) { s.commit = "off" }},
		{"full_page_writes", func(s *serverSettings) { s.pages = "off" }},
	} {
		s := good
		test.change(&s)
		is(t, "refused", test.name, refused(s.check()))
	}
	address, endpoint := newBatch(t)
	_, err := Open(address+"&synchronous_commit=off", Options{Endpoint: endpoint})
	is(t, "refused", "synchronous_commit", refused(err))
}

// A server whose socket is not there is away. It is not the batch that is missing.
func TestAServerWithoutItsSocketIsAway(t *testing.T) {
	_, err := View("postgres:///answers?host=" + t.TempDir() + "&batch=q.csv")
	if !errors.Is(err, ErrAway) || errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// refused returns the name of the setting that an error is about.
func refused(err error) string {
	if setting, is := errors.AsType[*SettingError](err); is {
		return setting.Name
	}
	return ""
}
