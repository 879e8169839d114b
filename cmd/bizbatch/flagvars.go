package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/dustin/go-humanize"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/batch/report"
	"bizbatch/docs"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// flagVars returns what the definitions of flags refer to: whatever is decided
// elsewhere.
func flagVars() kong.Vars {
	var modes, prices, services []string
	for _, mode := range bizora.AskModes.Modes {
		modes = append(modes, string(mode.Name))
		prices = append(prices, fmt.Sprintf("%s %s", mode.Name, strings.TrimPrefix(mode.Price.String(), "$")))
	}
	for _, p := range providers {
		services = append(services, p.Name)
	}
	var sources []string
	for _, mode := range batch.SourceModes {
		sources = append(sources, string(mode))
	}
	d := batch.Options{}.WithDefaults()
	return kong.Vars{
		"version": version(), "topics": topics(), "formats": report.Extensions(), "comparisonFormats": report.ComparisonExtensions(),
		"modes": prose.Or(modes), "mode": modes[0], "prices": strings.Join(prices, ", "),
		"services": prose.Or(services), "serviceNames": strings.Join(services, ","), "service": services[0],
		"sourceNames": strings.Join(sources, ","), "sources": string(d.Sources),
		"workers": strconv.Itoa(d.Workers), "maxAttempts": strconv.Itoa(d.MaxAttempts),
		"attemptTimeout": terminal.Short(d.AttemptTimeout), "idleTimeout": terminal.Short(chat.DefaultIdleTimeout),
		"maxPause": terminal.Short(d.MaxPause), "maxOutage": terminal.Short(d.MaxOutage),
		"maxAnswer": strings.ReplaceAll(humanize.Bytes(chat.DefaultMaxAnswer), " ", ""),
	}
}

// topics lists the topics of the manual.
func topics() string { return strings.Join(docs.Topics(), ", ") }
