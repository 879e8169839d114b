package main

import (
	"errors"
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

// flagVars sets the variables that the definitions of commands and flags refer to:
// whatever is decided elsewhere.
func flagVars() kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		return errors.Join(kong.Vars{"version": version(), "topics": topics()}.Apply(k), kong.PostBuild(setVars).Apply(k))
	})
}

// setVars gives the flags whose texts have variables those. Others get none, for kong
// evaluates all variables anew for each flag, which took a quarter of the time of a short
// command.
func setVars(k *kong.Kong) error {
	vars := varsOfFlags()
	return kong.Visit(k.Model, func(v kong.Visitable, next kong.Next) error {
		if v, ok := v.(*kong.Value); ok && strings.Contains(v.Help+v.Default+v.Enum, "${") {
			v.Tag.Vars = vars
		}
		return next(nil)
	})
}

// varsOfFlags returns the variables in the texts of flags.
func varsOfFlags() kong.Vars {
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
		"formats": report.Extensions(), "comparisonFormats": report.ComparisonExtensions(),
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
