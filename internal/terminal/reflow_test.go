package terminal

import "testing"

func TestReflows(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, false}, // xterm, PuTTY and many others say so
		{map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "7006"}, true},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, true},
		{map[string]string{"TERM": "screen", "TMUX": "/tmp/tmux-1000/default,1,0"}, true},
		{map[string]string{"TERM": "tmux-256color"}, true},
		{map[string]string{"TERM": "screen", "STY": "1.pts-0.host"}, false},
		{map[string]string{"TERM": "screen", "STY": "1.pts-0.host", "VTE_VERSION": "7006"}, false},
		{map[string]string{"TERM": "linux"}, false},
	} {
		if ansi && reflows(func(name string) (string, bool) { v, in := test.env[name]; return v, in }) != test.want {
			t.Errorf("%v: %v", test.env, !test.want)
		}
	}
}
