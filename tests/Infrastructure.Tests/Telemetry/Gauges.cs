using System.Diagnostics.Metrics;

namespace Lapse.Infrastructure.Tests.Telemetry;

/// <summary>What a collector would read now.</summary>
internal static class Gauges
{
    /// <summary>By name and first label, such as <c>lapse.hold Admin</c>.</summary>
    /// <param name="meters">Whose meters.</param>
    public static Dictionary<string, long> Read(IMeterFactory meters)
    {
        Dictionary<string, long> read = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters)) listener.EnableMeasurementEvents(instrument);
            },
        };
        void Keep(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => read[$"{instrument.Name} {(tags.Length > 0 ? tags[0].Value : "")}"] = value;
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
