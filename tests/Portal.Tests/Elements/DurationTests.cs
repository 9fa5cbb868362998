using Bunit;
using Lapse.Portal.Components.Elements;

namespace Lapse.Portal.Tests.Elements;

public sealed class DurationTests : PortalTestContext
{
    [Theory]
    [InlineData("45m", 45)]
    [InlineData("1h30m", 90)]
    [InlineData("1h 30m", 90)]
    [InlineData("1 hour 30 minutes", 90)]
    [InlineData("1 hour, 30 minutes", 90)]
    [InlineData("2 hrs", 120)]
    [InlineData("1.5h", 90)]
    [InlineData("1,5 h", 90)]
    [InlineData("90", 90)]
    [InlineData("PT1H30M", 90)]
    [InlineData("pt45m", 45)]
    [InlineData("1d", 1440)]
    [InlineData(" 15 MIN ", 15)]
    public void TryParse_WhatPeopleType_IsRead(string text, int minutes)
    {
        Assert.True(DurationInput.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMinutes(minutes), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("0")]
    [InlineData("0m")]
    [InlineData("-5m")]
    [InlineData("PT-5M")]
    [InlineData("-PT5M")]
    [InlineData("soon")]
    [InlineData("1h30")]
    [InlineData("30m1h")]
    [InlineData("999999d")]
    [InlineData("99999999999999999999")]
    [InlineData("P9999999999Y")]
    [InlineData("1m<script>")]
    public void TryParse_AnythingElse_IsRefused(string? text)
    {
        Assert.False(DurationInput.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
    }

    [Fact]
    public void Picker_Presets_EndAtTheMaximum()
    {
        var picker = Picker(TimeSpan.FromMinutes(40), null, _ => { });

        Assert.Equal(["15 minutes", "30 minutes", "40 minutes"], picker.FindAll(".preset").Select(b => b.TextContent));
        Assert.Equal("Duration", picker.Find($"label[for='{picker.Find("input").Id}']").TextContent);
    }

    [Fact]
    public void Picker_PresetPressed_FillsTheFieldAndTells()
    {
        TimeSpan? chosen = null;
        var picker = Picker(TimeSpan.FromHours(1), null, value => chosen = value);

        picker.FindAll(".preset")[1].Click();

        Assert.Equal(TimeSpan.FromMinutes(30), chosen);
        Assert.Equal("30 minutes", picker.Find("input").GetAttribute("value"));
    }

    [Fact]
    public void Picker_TypedWithinTheMaximum_TellsAndSaysWhatItUnderstood()
    {
        TimeSpan? chosen = null;
        var picker = Picker(TimeSpan.FromHours(2), null, value => chosen = value);

        picker.Find("input").Input("1h30m");
        picker.Render(p => p.Add(c => c.Value, chosen));

        Assert.Equal(TimeSpan.FromMinutes(90), chosen);
        Assert.Equal("1h30m", picker.Find("input").GetAttribute("value"));
        Assert.Contains("1 hour 30 minutes. At most 2 hours.", picker.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Picker_BeyondTheMaximum_TellsNothingAndSaysWhatWouldBeRight()
    {
        TimeSpan? chosen = TimeSpan.FromMinutes(30);
        var picker = Picker(TimeSpan.FromHours(1), chosen, value => chosen = value);

        picker.Find("input").Input("3h");

        Assert.Null(chosen);
        Assert.Contains("Ask for 1 hour or less", picker.Find(".error").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", picker.Find("input").GetAttribute("aria-invalid"));
        Assert.Equal(picker.Find(".error").Id, picker.Find("input").GetAttribute("aria-describedby"));
    }

    [Fact]
    public void Picker_HalfAWord_IsAnErrorOnlyAfterLeavingTheField()
    {
        var picker = Picker(TimeSpan.FromHours(1), null, _ => { });

        picker.Find("input").Input("half");
        Assert.Empty(picker.FindAll(".error"));

        picker.Find("input").Blur();
        Assert.Contains("45m, 1h30m", picker.Find(".error").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Picker_PartsOfAMinute_AreRefused()
    {
        TimeSpan? chosen = TimeSpan.FromMinutes(1);
        var picker = Picker(TimeSpan.FromHours(1), null, value => chosen = value);

        picker.Find("input").Input("90s");

        Assert.Null(chosen);
        Assert.Contains("whole minutes", picker.Find(".error").TextContent, StringComparison.Ordinal);
    }

    private IRenderedComponent<DurationPicker> Picker(TimeSpan maximum, TimeSpan? value, Action<TimeSpan?> changed) =>
        Render<DurationPicker>(p => p.Add(c => c.Maximum, maximum).Add(c => c.Value, value).Add(c => c.ValueChanged, changed));
}
