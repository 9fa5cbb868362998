Console.WriteLine("lapse");
