package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// --provider, its help and the providers name the same services.
func TestProviderNames(t *testing.T) {
	field, _ := reflect.TypeFor[runCmd]().FieldByName("Provider")
	names := []string{""}
	for _, p := range providers {
		names = append(names, p.Name)
		if p.Name != "vllm" && !strings.Contains(field.Tag.Get("help"), " "+p.Name+",") && !strings.Contains(field.Tag.Get("help"), " "+p.Name+" or ") {
			t.Errorf("the help does not name %s", p.Name)
		}
	}
	if enum := strings.Split(field.Tag.Get("enum"), ","); !slices.Equal(enum, names) {
		t.Errorf("--provider takes %q, want %q", enum, names)
	}
}

func TestValuesOfHeadersAreNotShown(t *testing.T) {
	for given, want := range map[string]string{
		"run --header|X-Key: abc|q.csv":          "bizbatch run --header 'X-Key: …' q.csv",
		"run --header=X-Key: abc|q.csv":          "bizbatch run '--header=X-Key: …' q.csv",
		"run --header|Authorization: @k|q.csv":   "bizbatch run --header 'Authorization: @k' q.csv",
		"run --header|nothing|q.csv":             "bizbatch run --header 'nothing: …' q.csv",
		"run --header-like|X-Key: abc|--header=": "bizbatch run --header-like 'X-Key: abc' '--header=: …'",
	} {
		args := strings.Split(strings.Replace(given, "run ", "run|", 1), "|")
		if got := commandLine(args); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}
